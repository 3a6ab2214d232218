// Tables that are sorted by a click at a column, and filtered by a name.
function sortTable(table, column, header) {
  const isUp = header.getAttribute("aria-sort") !== "ascending";
  const isText = header.dataset.kind === "text";
  const key = (row) => row.cells[column].textContent;
  const compare = isText
      ? (a, b) => key(a).localeCompare(key(b), undefined, {numeric: true})
      : (a, b) => Number(key(a)) - Number(key(b));
  const rows = [...table.tBodies[0].rows].sort(compare);
  if (!isUp) rows.reverse();
  table.tBodies[0].append(...rows);
  for (const other of table.tHead.rows[0].cells)
    other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", isUp ? "ascending" : "descending");
}

for (const table of document.querySelectorAll("table.sortable"))
  [...table.tHead.rows[0].cells].forEach((header, column) =>
    header.addEventListener("click", () => sortTable(table, column, header)));

for (const input of document.querySelectorAll("[data-filters]")) {
  const name = input.dataset.filters;
  const rows = [...document.getElementById(name).tBodies[0].rows];
  const told = document.querySelector(`[data-counts="${name}"]`);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase();
    for (const row of rows)
      row.hidden = !row.textContent.toLowerCase().includes(words);
    const num = rows.filter((row) => !row.hidden).length;
    told.textContent = words ? `${num} of ${rows.length} rows` : "";
  });
}
