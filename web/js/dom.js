/* Small helpers every module uses: finding and making elements, sentences of the page, sizes. */

/* The address of the icon sprite, put in by build.mjs. */
const ICONS = KR_ICONS;

export const root = document.documentElement;
export const all = (selector, from = document) => [...from.querySelectorAll(selector)];
export const one = (selector, from = document) => from.querySelector(selector);

/* Asked by attribute: form.method is a field if one is called "method". */
export const isPost = (form) => form.getAttribute("method")?.toLowerCase() === "post";

/* Elements are made here and nowhere else: from names and text, never from markup. */
export function make(tag, attributes = {}, ...children) {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes))
		if (value === true) node.setAttribute(name, "");
		else if (value !== false && value != null) node.setAttribute(name, value);
	node.append(...children.filter((child) => child != null));
	return node;
}

export function icon(name) {
	const ns = "http://www.w3.org/2000/svg";
	const svg = document.createElementNS(ns, "svg");
	const use = document.createElementNS(ns, "use");
	svg.setAttribute("class", "k-icon");
	svg.setAttribute("aria-hidden", "true");
	use.setAttribute("href", `${ICONS}#i-${name}`);
	svg.append(use);
	return svg;
}

export function iconButton(name, label, more = "") {
	return make(
		"button",
		{
			type: "button",
			class: `btn btn-quiet btn-icon ${more}`.trim(),
			"aria-label": label,
		},
		icon(name),
	);
}

/* "{n} von {total}" with { n: 3, total: 4 } becomes "3 von 4". */
export function fill(sentence, values = {}) {
	return sentence.replace(/\{(\w+)\}/g, (hole, name) => values[name] ?? hole);
}

/* A sentence of the page: <div id="k-words" hidden data-NAME="…">. Where it is missing the
   caller leaves out what it would have said; there is no text in the scripts. */
export function word(name, values) {
	const sentence = document.getElementById("k-words")?.getAttribute(`data-${name}`);
	return sentence ? fill(sentence, values) : "";
}

export function number(n, options) {
	return new Intl.NumberFormat(root.lang || undefined, options).format(n);
}

/* 1887437 becomes "1,8 MB"; the same steps of 1024 in which the limits are set. */
export function size(bytes) {
	const units = ["B", "kB", "MB", "GB", "TB"];
	let step = 0;
	while (bytes >= 1000 && step < units.length - 1) {
		bytes /= 1024;
		step++;
	}
	return `${number(bytes, { maximumFractionDigits: bytes < 10 && step > 1 ? 1 : 0 })} ${units[step]}`;
}

/* Says something to screen readers without showing it. */
export function say(text) {
	let region = document.getElementById("k-say");
	if (!region) {
		region = make("div", { id: "k-say", class: "visually-hidden", role: "status" });
		document.body.append(region);
	}
	region.textContent = "";
	setTimeout(() => (region.textContent = text), 50);
}

/* A callout at the head of a form or of the page; returns it so that links can be added. */
export function note(place, state, title, text = "", role = "alert") {
	const box = make(
		"div",
		{ class: `k-note is-${state}`, role },
		icon(state === "run" ? "info-circle" : "alert-triangle"),
		title ? make("h2", {}, title) : null,
		text ? make("p", {}, text) : null,
	);
	place.prepend(box);
	return box;
}
