const dark = matchMedia("(prefers-color-scheme: dark)");

function theme() {
  const text = getComputedStyle(document.body).color;
  const axis = {gridcolor: "#8884", zerolinecolor: "#8884"};
  return {font: {color: text}, axis};
}

function themed(layout) {
  const {font, axis} = theme();
  const axes = Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key));
  const own = axes.map((key) => [key, {...axis, ...layout[key]}]);
  return {...layout, ...Object.fromEntries(own), font,
          paper_bgcolor: "#0000", plot_bgcolor: "#0000"};
}

// The picture of a dot, with its caption.
function preview(place, number) {
  const text = document.createElement("span");
  text.textContent = caption(shown(number));
  place.replaceChildren(pictureOf(number), text);
}

const GLYPHS = {circle: "\u25cf", square: "\u25a0", diamond: "\u25c6",
                cross: "\u271a", "triangle-up": "\u25b2", star: "\u2605"};

// A button for each name of a map, which filters the page by it.
function drawLegend(node) {
  const place = node.parentElement.querySelector(".map-legend");
  place.replaceChildren(...node.data.map(({name, marker}) => {
    const button = document.createElement("button");
    const glyph = document.createElement("span");
    button.type = "button";
    button.dataset.name = name;
    glyph.textContent = GLYPHS[marker.symbol];
    glyph.style.color = marker.color;
    glyph.setAttribute("aria-hidden", "true");
    button.append(glyph, ` ${name}`);
    button.onclick = () => toggleFilter(place.dataset.filter, name);
    return button;
  }));
}

// The dots of a map that the filters leave out become pale.
function fade(node) {
  const place = node.parentElement.querySelector(".map-legend");
  if (!place || !node.data) return;
  const isOfLearners = place.dataset.filter === "learner";
  const chosen = node.data.map(({name, customdata}) => {
    const fits = !isOfLearners || fitsFilter("learner", [name]);
    const isChosen = (number) => fits && fitsClass([shown(number).class]);
    return [...customdata.keys()].filter((i) => isChosen(customdata[i]));
  });
  const isFiltered = chosen.some(
      (dots, i) => dots.length < node.data[i].customdata.length);
  Plotly.restyle(node, {selectedpoints: isFiltered ? chosen : null});
  for (const button of place.children)
    button.setAttribute("aria-pressed",
        button.dataset.name === filters.elements[place.dataset.filter].value);
}

// The page carries Plotly packed; the first figure unpacks it for all.
async function unpackPlotly() {
  const letters = atob(document.getElementById("plotly").textContent);
  const packed = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  const unpacking = new DecompressionStream("gzip");
  const script = document.createElement("script");
  script.textContent = await new Response(
      new Blob([packed]).stream().pipeThrough(unpacking)).text();
  document.head.append(script);
}

let plotly;
async function draw(node) {
  try {
    await (plotly ??= unpackPlotly());
  } catch (error) {
    node.textContent = `This browser draws no figures: ${error.message}. ` +
        "A newer one does.";
    return;
  }
  plot(node);
}

function plot(node) {
  const source = document.getElementById(node.dataset.figure);
  const {data, layout} = JSON.parse(source.textContent);
  const config = {responsive: true, displaylogo: false, displayModeBar: false};
  Plotly.newPlot(node, data, themed(layout), config);
  const place = node.parentElement.querySelector(".preview");
  if (!place) return;
  const show = (event) => preview(place, event.points[0].customdata);
  node.on("plotly_hover", show);
  node.on("plotly_click", show);
  drawLegend(node);
  fade(node);
}

// Only what is seen is drawn: parts that are closed have no width yet.
const observer = new IntersectionObserver((entries) => {
  for (const {isIntersecting, target} of entries) {
    if (!isIntersecting) continue;
    observer.unobserve(target);
    draw(target);
  }
}, {rootMargin: "200px"});
const figures = document.querySelectorAll("[data-figure]");
figures.forEach((node) => observer.observe(node));
filters.addEventListener("filtered", () => figures.forEach(fade));
dark.addEventListener("change", () => figures.forEach((node) => {
  if (node.data) Plotly.relayout(node, {"font.color": theme().font.color});
}));
