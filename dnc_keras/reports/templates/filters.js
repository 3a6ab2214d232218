const filters = document.getElementById("filters");

function fitsFilter(name, values) {
  const wanted = filters.elements[name].value;
  return !wanted || !values.length || values.includes(wanted);
}

// The class of that name, or all whose names contain what was typed.
function fitsClass(names) {
  const wanted = filters.elements.class.value;
  if (!wanted || !names.length) return true;
  if (PICTURES.classes.includes(wanted)) return names.includes(wanted);
  const part = wanted.toLowerCase();
  return names.some((name) => name.toLowerCase().includes(part));
}

// An item is what may be hidden; it is of all classes that its pictures show.
function fits(item) {
  const pictures = [...item.querySelectorAll("[data-picture]")];
  const {nearest, learner} = item.dataset;
  return fitsClass(pictures.map((each) => shown(each.dataset.picture).class)) &&
      fitsFilter("nearest", nearest ? [nearest] : []) &&
      fitsFilter("learner", learner ? [learner] : []);
}

function filterPage() {
  const names = ["class", "nearest", "learner"];
  const isFiltered = names.some((name) => filters.elements[name].value);
  const items = [...document.querySelectorAll("[data-item]")];
  for (const item of items) item.hidden = !fits(item);
  for (const group of document.querySelectorAll("[data-group]"))
    group.hidden = isFiltered &&
        !group.querySelector("[data-item]:not([hidden])");
  for (const closed of document.querySelectorAll("[data-opens]"))
    closed.open = isFiltered;
  const left = items.filter((item) => !item.hidden).length;
  filters.querySelector("output").textContent =
      isFiltered ? `${left} of ${items.length} shown` : "";
  filters.dispatchEvent(new Event("filtered"));
}

function toggleFilter(name, value) {
  const field = filters.elements[name];
  field.value = field.value === value ? "" : value;
  filterPage();
}

function offer(place, names) {
  const sorted = [...new Set(names)].sort(
      (a, b) => a.localeCompare(b, undefined, {numeric: true}));
  place.append(...sorted.map((name) => new Option(name, name)));
}

offer(document.getElementById("class-names"), PICTURES.classes);
offer(filters.elements.learner,
      [...document.querySelectorAll("[data-learner]")]
          .map((item) => item.dataset.learner));
filters.hidden = !PICTURES.files.length;
filters.addEventListener("input", filterPage);
filters.addEventListener("submit", (event) => event.preventDefault());
filters.addEventListener("reset", () => setTimeout(filterPage));
