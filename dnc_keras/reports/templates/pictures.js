const PICTURES = JSON.parse(document.getElementById("pictures").textContent);

// What a picture shows. Names are text, never markup.
function shown(number) {
  const place = PICTURES.places[number];
  return {
    source: "data:image/jpeg;base64," + PICTURES.head + PICTURES.bodies[number],
    class: PICTURES.classes[PICTURES.labels[number]],
    file: PICTURES.files[number],
    part: PICTURES.parts[place],
    folder: PICTURES.originals[place],
  };
}

function caption({class: name, file, part}) {
  return `${name}: ${file} (${part})`;
}

// A picture as `parts.picture` writes it.
function pictureOf(number) {
  const button = document.createElement("button");
  const image = document.createElement("img");
  const {source} = shown(number);
  button.type = "button";
  button.className = "picture";
  button.title = image.alt = caption(shown(number));
  button.dataset.picture = number;
  image.src = source;
  button.append(image);
  return button;
}

for (const button of document.querySelectorAll("[data-picture]"))
  button.firstElementChild.src = shown(button.dataset.picture).source;

// Where this page is read from disk, the file itself is shown once it is there.
function showOriginal(image, {file, folder}) {
  if (!folder || location.protocol !== "file:") return;
  const escaped = file.split("/").map(encodeURIComponent).join("/");
  const original = new Image();
  const before = image.src;
  original.onload = () => {
    if (image.src === before) image.src = original.src;
  };
  original.src = new URL(escaped, folder);
}

function enlarge(number) {
  const picture = shown(number);
  const dialog = document.getElementById("enlarged");
  const image = dialog.querySelector("img");
  image.src = picture.source;
  image.alt = picture.class;
  document.getElementById("enlarged-name").textContent = caption(picture);
  showOriginal(image, picture);
  const field = dialog.querySelector("select");
  field.dataset.tag = number;
  field.value = tags.get(Number(number)) ?? "";
  dialog.showModal();
}

document.addEventListener("click", ({target}) => {
  const button = target.closest(".picture");
  if (button) enlarge(button.dataset.picture);
  if (target.id === "enlarged") target.close();  // beside it
});
