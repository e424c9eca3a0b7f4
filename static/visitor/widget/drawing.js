// Elements of our own, made with the oldest words of the DOM: pages replace the newer ones.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  chat:
    "M5.5 3.5h9a2.5 2.5 0 0 1 2.5 2.5v5a2.5 2.5 0 0 1-2.5 2.5H9.5L5.5 17v-3.5A2.5 2.5 0 0 1 3 11V6" +
    "a2.5 2.5 0 0 1 2.5-2.5zM7 8.5h.01M10 8.5h.01M13 8.5h.01",
  question:
    "M10 17.2a7.2 7.2 0 1 0-6.3-3.7L3 17l3.5-.7a7.2 7.2 0 0 0 3.5.9z" +
    "M7.9 8.1a2.1 2.1 0 1 1 3.2 1.8c-.7.4-1.1.9-1.1 1.6M10 13.9h.01",
  headset:
    "M4 12v-2a6 6 0 0 1 12 0v2M4 11.5h1.7v4H5a1 1 0 0 1-1-1z" +
    "M16 11.5h-1.7v4h.7a1 1 0 0 0 1-1zM15 15.5c0 1.2-1 1.7-3.2 1.7",
  heart:
    "M10 16.6C5.6 13.4 3 10.9 3 7.9A3.7 3.7 0 0 1 6.7 4.2c1.3 0 2.5.7 3.3 1.9.8-1.2 2-1.9 3.3-1.9" +
    "A3.7 3.7 0 0 1 17 7.9c0 3-2.6 5.5-7 8.7z",
  down: "M5 7.5l5 5 5-5",
};

function make(tag, className, attributes) {
  const element = document.createElement(tag);
  element.className = className;
  const names = Object.keys(attributes || {});
  for (let at = 0; at < names.length; at += 1) element.setAttribute(names[at], attributes[names[at]]);
  return element;
}

function drop(element) {
  if (element && element.parentNode) element.parentNode.removeChild(element);
}

function drawing(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", ICONS[name]);
  svg.appendChild(line);
  return svg;
}

/** Dark words on a light colour, light ones on a dark. */
function wordsOn(colour) {
  const share = (at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : Math.pow((part + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * share(1) + 0.7152 * share(3) + 0.0722 * share(5) > 0.36 ? "#162023" : "#ffffff";
}
