// One text as shaded words. Words are user text: they reach the page by textContent and title alone.
// A click picks a word, with shift all from the last one picked; arrows move, space or enter pick, escape clears.

const STRONGEST = 0.5; // of the colour's opacity: text above it stays readable, in both themes

export default function ({ parentElement, data, setTriggerValue }) {
  const box = parentElement.querySelector(".tokens");
  box.style.setProperty("--ring", data.ring);
  if (box.written !== data.words.join("\n")) write(box, data.words);
  box.chosen = new Set(data.chosen);
  shade(box, data);
  mark(box);
  box.onclick = (event) => {
    const place = box.spans.indexOf(event.target);
    if (place >= 0) pick(box, place, event.shiftKey, setTriggerValue);
  };
  box.onmousedown = (event) => event.shiftKey && event.preventDefault(); // no blue selection beside ours
  box.onkeydown = (event) => onKey(event, box, setTriggerValue);
}

function write(box, words) {
  box.spans = words.map((word) => {
    const span = document.createElement("span");
    span.className = "token";
    span.textContent = word;
    span.tabIndex = -1;
    span.setAttribute("role", "option");
    return span;
  });
  box.replaceChildren(...box.spans.flatMap((span) => [span, " "]));
  box.written = words.join("\n");
  box.last = 0;
  if (box.spans.length) box.spans[0].tabIndex = 0;
}

function shade(box, { tints, hints, up, down }) {
  box.spans.forEach((span, place) => {
    const opacity = Math.round(255 * STRONGEST * Math.min(Math.abs(tints[place]), 1));
    span.style.backgroundColor = (tints[place] < 0 ? down : up) + opacity.toString(16).padStart(2, "0");
    span.title = hints[place];
  });
}

function mark(box) {
  box.spans.forEach((span, place) => span.setAttribute("aria-selected", box.chosen.has(place)));
}

function pick(box, place, through, setTriggerValue) {
  if (through) {
    const [first, last] = [Math.min(box.last, place), Math.max(box.last, place)];
    for (let between = first; between <= last; between++) box.chosen.add(between);
  } else if (!box.chosen.delete(place)) {
    box.chosen.add(place);
  }
  step(box, place);
  tell(box, setTriggerValue);
}

function tell(box, setTriggerValue) {
  mark(box);
  setTriggerValue("picked", [...box.chosen].sort((one, other) => one - other));
}

function step(box, place) {
  box.spans[box.last].tabIndex = -1;
  box.last = place;
  box.spans[place].tabIndex = 0;
}

function onKey(event, box, setTriggerValue) {
  const end = box.spans.length - 1;
  const to = { ArrowRight: box.last + 1, ArrowLeft: box.last - 1, Home: 0, End: end }[event.key];
  if (to !== undefined) {
    step(box, Math.max(0, Math.min(end, to)));
    box.spans[box.last].focus();
  } else if (event.key === " " || event.key === "Enter") {
    pick(box, box.last, event.shiftKey, setTriggerValue);
  } else if (event.key === "Escape") {
    box.chosen.clear();
    tell(box, setTriggerValue);
  } else {
    return;
  }
  event.preventDefault();
}
