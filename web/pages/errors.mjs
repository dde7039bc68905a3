/* The pages nginx shows by itself, without the core: German, with English below. No script, no
   name of a school or a person; style sheet, font and icons come from the same folder as
   always. Where nginx has SSI switched on for them, the number of the request stands there. */
import { readFileSync } from "node:fs";

const TEXTS = JSON.parse(readFileSync(new URL("./errors.json", import.meta.url), "utf8"));

const escape = (text) =>
	text.replace(
		/[&<>"]/g,
		(c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c],
	);

const LOGO = `<svg width="30" height="30" viewBox="0 0 30 30" aria-hidden="true"><rect width="30" height="30" rx="9" fill="#eff5f1"/><path d="M7 22.5c4.5.8 9-.4 12.5-2.6" fill="none" stroke="#1f3a36" stroke-width="2.4" stroke-linecap="round"/><rect x="12.8" y="4.3" width="5.6" height="14" rx="1.8" transform="rotate(35 15.6 11.3)" fill="#f6bb42"/></svg>`;

/* Chalk drawings: a board being wiped, a lost paper plane, a file too big for its folder. */
const ROUGH = `<filter id="r"><feTurbulence type="fractalNoise" baseFrequency=".9" numOctaves="2" seed="7"/><feDisplacementMap in="SourceGraphic" scale="3"/></filter>`;
const DRAWINGS = {
	board: `<path d="M40 36c60-10 200-10 280 0M44 60c50-6 120-6 150-2M44 84c30-4 70-4 96 0" stroke-dasharray="60 10 34 14" opacity=".55"/><rect x="196" y="84" width="104" height="52" rx="10" transform="rotate(-12 248 110)"/><path d="M202 118 302 96"/><path class="y" d="M120 150c20-20 44-26 66-18M112 166c26-18 56-22 84-14" stroke-dasharray="2 9"/><path d="M30 182h300"/><rect class="y" x="58" y="170" width="44" height="9" rx="4"/>`,
	plane: `<path d="M214 62l92-40-34 84-20-36zM306 22l-54 48"/><path class="y" d="M40 164c30-52 74-8 62 20s-52 4-24-36c20-28 70-40 118-52" stroke-dasharray="2 10"/><path d="M30 190h300"/>`,
	folder: `<path d="M72 178V84h66l18 18h132v76z"/><path d="M112 84 150 18l96 30-18 54" /><path class="y" d="M160 46l58 18M150 62l60 18" stroke-dasharray="12 7"/><path d="M30 178h300"/>`,
	watch: `<circle cx="180" cy="104" r="62"/><path d="M168 26h24M180 26v16M226 58l10-10"/><path class="y" d="M180 104V66M180 104l26 16"/><path d="M180 50v8M180 150v8M126 104h8M226 104h8"/><path d="M30 182h300"/>`,
};

const glyph = (icons, name) =>
	`<svg class="k-icon" aria-hidden="true"><use href="${icons}#i-${name}"/></svg>`;

const paragraphs = (text) => text.body.map((line) => `<p>${escape(line)}</p>`).join("\n");

/* bare: there is nowhere to go from here. An empty address loads the same page again, without sending a form twice. */
function german(text, { again, bare }, icons) {
	if (bare) return `<section class="k-tongue"><h1>${escape(text.title)}</h1>\n${paragraphs(text)}</section>`;
	const [href, name, label] = again
		? ["", "refresh", text.again]
		: ["/", "home", text.home];
	return `<section class="k-tongue"><h1>${escape(text.title)}</h1>
${paragraphs(text)}
<p><a class="btn btn-primary" href="${href}">${glyph(icons, name)}${escape(label)}</a></p></section>`;
}

function english(text, { again, bare }) {
	const link = `<p><a href="${again ? "" : "/"}">${escape(again ? text.again : text.home)}</a></p>`;
	return `<section class="k-tongue" lang="en"><h2>${escape(text.title)}</h2>
${paragraphs(text)}
${bare ? "" : link}</section>`;
}

const number = (code, de, en) =>
	`<p class="k-small">${escape(de.number)} <span lang="en">/ ${escape(en.number)}</span><br><span class="k-mono">${code} <!--# echo var="request_id" default="" --></span></p>`;

function page(code, entry, base, names) {
	const icons = base + names.ICONS;
	const common = TEXTS.common;
	const de = { ...common.de, ...entry.de };
	const en = { ...common.en, ...entry.en };
	return `<!doctype html>
<html lang="de">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${escape(entry.de.title)} – Kreide</title>
<link rel="icon" type="image/svg+xml" href="${base}${names.FAVICON}">
<link rel="preload" href="${base}${names.FONT}" as="font" type="font/woff2" crossorigin>
<link rel="stylesheet" href="${base}${names.CSS}">
</head>
<body class="k-wall">
<header><span class="k-school">${LOGO}<span>Kreide</span></span></header>
<main><div class="k-onboard"><svg class="k-chalk" viewBox="0 0 360 200" aria-hidden="true">${ROUGH}<g filter="url(#r)">${DRAWINGS[entry.drawing]}</g></svg>
${german(de, entry, icons)}
${english(en, entry)}
${entry.bare ? "" : number(code, de, en)}
</div></main>
</body>
</html>
`;
}

/* [code, html] for every code that nginx may have to answer alone. */
export function errorPages(base, names) {
	return Object.entries(TEXTS.pages).map(([code, entry]) => [
		code,
		page(code, entry, base, names),
	]);
}
