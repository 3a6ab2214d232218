// What a person says of images, by their number, and kept in this browser.
const TAGS = ["wrong label", "duplicate", "bad picture"];
const tagPlace = `dnc_keras tags ${location.pathname}`;
const tags = new Map();

// Files, as numbers change when the report is written again.
function keepTags() {
  const kept = [...tags].map(([number, tag]) => [PICTURES.files[number], tag]);
  try {
    localStorage.setItem(tagPlace, JSON.stringify(kept));
  } catch {}  // Some browsers keep nothing for files.
}

function restoreTags() {
  try {
    for (const [file, tag] of JSON.parse(localStorage.getItem(tagPlace)) ?? []) {
      const number = PICTURES.files.indexOf(file);
      if (number >= 0 && TAGS.includes(tag)) tags.set(number, tag);
    }
  } catch {}
}

function setTag(number, tag) {
  if (tag) tags.set(number, tag);
  else tags.delete(number);
  keepTags();
  showTags();
}

function showTags() {
  for (const field of document.querySelectorAll("select[data-tag]"))
    field.value = tags.get(Number(field.dataset.tag)) ?? "";
  for (const picture of document.querySelectorAll("[data-picture]"))
    picture.classList.toggle(
        "tagged", tags.has(Number(picture.dataset.picture)));
  const button = document.getElementById("save-tags");
  button.textContent = `Save the tags of ${tags.size} image` +
      (tags.size === 1 ? "" : "s");
  button.parentElement.hidden = !tags.size;
}

// As RFC 4180 wants it; "./" keeps spreadsheets from taking a formula.
function tagTable() {
  const cell = (text) => `"${text.replaceAll('"', '""')}"`;
  const rows = [...tags].map(([number, tag]) => {
    const {class: name, file, part} = shown(number);
    const safe = (text) => /^[\s]*[=+@-]/.test(text) ? `'${text}` : text;
    const path = /^[\s]*[=+@-]/.test(file) ? `./${file}` : file;
    return [path, tag, safe(name), part].map(cell).join(",");
  });
  return ["file,tag,class,part", ...rows, ""].join("\n");
}

function saveTags() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([tagTable()], {type: "text/csv"}));
  link.download = "drop.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}

for (const field of document.querySelectorAll("select[data-tag]"))
  field.append(new Option("no tag", ""), ...TAGS.map((tag) => new Option(tag)));
document.addEventListener("change", ({target}) => {
  if (target.dataset.tag) setTag(Number(target.dataset.tag), target.value);
});
document.getElementById("save-tags").addEventListener("click", saveTags);
restoreTags();
showTags();
