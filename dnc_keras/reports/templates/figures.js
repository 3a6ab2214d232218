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
dark.addEventListener("change", () => figures.forEach((node) => {
  if (node.data) Plotly.relayout(node, {"font.color": theme().font.color});
}));
