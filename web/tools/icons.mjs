/* Puts the icons named in icons.txt into one SVG sprite with the ids i-NAME. */
import { readFileSync, existsSync } from "node:fs";
import { join } from "node:path";

/* The names of the list, each once; a wrong or doubled name stops the build. */
export function iconNames(listFile) {
	const names = readFileSync(listFile, "utf8")
		.split("\n")
		.map((line) => line.trim())
		.filter((line) => line && !line.startsWith("#"));
	const doubled = names.filter((name, i) => names.indexOf(name) !== i);
	if (doubled.length) throw new Error(`icons.txt names twice: ${doubled.join(", ")}`);
	return names;
}

/* The drawing of one icon. Its paths become one, which is a third shorter: they only have
   outlines, in the colour and width that .k-icon sets. */
function drawing(file, name) {
	if (!existsSync(file)) throw new Error(`icons.txt: there is no Tabler icon "${name}"`);
	const svg = readFileSync(file, "utf8");
	const inner = svg.slice(svg.indexOf(">") + 1, svg.lastIndexOf("</svg>"));
	const shapes = inner
		.match(/<[^>]*>/g)
		.filter((shape) => !shape.includes("M0 0h24v24H0z"));
	const paths = shapes.map((shape) => /^<path d="([^"]+)"\s*\/>$/.exec(shape)?.[1]);
	if (paths.some((d) => !d)) return shapes.map((s) => s.replace(/\s*\/>/, "/>")).join("");
	return `<path d="${paths.join("").replace(/ -/g, "-")}"/>`;
}

export function sprite(listFile, iconDir) {
	const symbols = iconNames(listFile)
		.sort()
		.map((name) => {
			const body = drawing(join(iconDir, `${name}.svg`), name);
			return `<symbol id="i-${name}" viewBox="0 0 24 24">${body}</symbol>`;
		});
	return `<svg xmlns="http://www.w3.org/2000/svg">
<!-- Tabler Icons, MIT, © Paweł Kuna; see LICENSES.md -->
${symbols.join("\n")}\n</svg>\n`;
}
