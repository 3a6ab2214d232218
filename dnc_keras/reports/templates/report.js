"use strict";
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

// The picture of a dot, beside its caption; text only, never markup.
function preview(place, [number, caption]) {
  const share = (position, count) => 100 * position / Math.max(1, count - 1);
  const picture = document.createElement("span");
  const column = number % SHEET.columns;
  const row = Math.floor(number / SHEET.columns);
  picture.className = "picture";
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", caption);
  picture.style.backgroundPosition =
      `${share(column, SHEET.columns)}% ${share(row, SHEET.rows)}%`;
  const text = document.createElement("span");
  text.textContent = caption;
  place.replaceChildren(picture, text);
}

function draw(node) {
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
