/* Choosing files: a list with sizes, dragging onto .k-drop, refusing what is too large or too
   many before it is sent, taking one away again. */
import { all, fill, icon, iconButton, make, one, say, size, word } from "./dom.js";
import { onPage } from "./page.js";

/* The colour of the mark goes with the kind of file, as on the server's lists. */
const HUES = [
	[/^(pdf)$/, 2],
	[/^(docx?|odt|rtf|pages)$/, 1],
	[/^(xlsx?|ods|csv|numbers)$/, 3],
	[/^(pptx?|odp|key)$/, 4],
	[/^(mp4|mov|webm|mp3|m4a|ogg|wav)$/, 5],
	[/^(jpe?g|png|gif|webp|heic|svg)$/, 6],
];

function mark(name) {
	const end = /\.([^.]{1,4})$/.exec(name)?.[1].toLowerCase() || "";
	const hue = HUES.find(([kind]) => kind.test(end))?.[1] || 8;
	const text = end.toUpperCase();
	return make(
		"span",
		{ class: `k-mark s h${hue}k`, "aria-hidden": "true" },
		text || icon("file"),
	);
}

/* Long names break behind their joints, as on the server's pages. */
function breakable(name) {
	const parts = name.split(/(?<=[_.-])/);
	return parts.flatMap((part, i) => (i ? [document.createElement("wbr"), part] : [part]));
}

function listOf(field) {
	const id = field.dataset.list;
	const known = id && document.getElementById(id);
	if (known) return known;
	const list = make("ul", { class: "k-files", "aria-live": "polite", hidden: true });
	list.id = `${field.id || field.name || "file"}-chosen`;
	field.dataset.list = list.id;
	(field.closest(".k-drop") || field).before(list);
	return list;
}

function limits(field) {
	return {
		bytes: Number(field.dataset.maxBytes) || Infinity,
		files: Number(field.dataset.maxFiles) || (field.multiple ? Infinity : 1),
	};
}

/* Which of the files may be sent, and why the others may not. The server decides anyway: this
   only spares the wait. */
function judge(field, files) {
	const most = limits(field);
	const good = [];
	const bad = [];
	for (const file of files) {
		const values = { name: file.name, size: size(file.size), max: size(most.bytes) };
		if (file.size > most.bytes)
			bad.push([file, fill(field.dataset.bigText || word("file-big"), values)]);
		else if (good.length >= most.files)
			bad.push([
				file,
				fill(field.dataset.manyText || word("file-many"), { max: most.files }),
			]);
		else good.push(file);
	}
	return { good, bad };
}

const same = (a, b) =>
	a.name === b.name && a.size === b.size && a.lastModified === b.lastModified;

function keep(field, files) {
	const box = new DataTransfer();
	for (const file of files) box.items.add(file);
	field.files = box.files;
	chosen.set(field, files);
}

function row(file, text, label, onRemove) {
	const name = make("b", {}, ...breakable(file.name));
	const line = make("div", { class: "k-m" }, text || size(file.size));
	const bad = Boolean(text);
	const button = label && iconButton(bad ? "x" : "trash", label);
	if (button) button.addEventListener("click", onRemove);
	const sign = bad
		? make("span", { class: "k-mark s", "aria-hidden": "true" }, icon("alert-circle"))
		: mark(file.name);
	const item = make("li", { class: `k-file${bad ? " is-due" : ""}` }, sign);
	item.setAttribute("data-chosen", "");
	/* a refusal takes a line of its own below the name */
	if (bad) item.append(make("div", {}, name), button || "", line);
	else item.append(make("div", {}, name, line), button || "");
	return item;
}

function draw(field, good, bad) {
	const list = listOf(field);
	for (const old of all("[data-chosen]", list)) old.remove();
	for (const file of good) {
		const label = word("file-remove", { name: file.name });
		const remove = () => {
			const rest = good.filter((other) => other !== file);
			keep(field, rest);
			draw(field, rest, bad);
			field.dispatchEvent(new Event("input", { bubbles: true }));
			field.focus();
		};
		list.append(row(file, "", label, remove));
	}
	for (const [file, reason] of bad) {
		const item = row(file, reason, word("close"), () => {
			item.remove();
			list.hidden = list.children.length === 0;
			field.focus();
		});
		list.append(item);
	}
	list.hidden = list.children.length === 0;
}

const chosen =
	new WeakMap(); /* what each field holds: choosing again adds, it does not replace */

function take(field, more) {
	const old =
		field.multiple && !field.hasAttribute("data-auto") ? chosen.get(field) || [] : [];
	const files = [
		...old,
		...more.filter((file) => !old.some((known) => same(known, file))),
	];
	const { good, bad } = judge(field, files);
	keep(field, good);
	draw(field, good, bad);
	if (good.length) say(word("file-chosen", { n: good.length }));
	return good.length > 0;
}

/* In the capture phase: data-auto must see the field after the judgement. */
document.addEventListener(
	"change",
	(event) => {
		const field = event.target;
		if (field.type !== "file" || field.hasAttribute("data-simple")) return;
		if (field.files.length === 0) return keep(field, chosen.get(field) || []);
		if (!take(field, [...field.files])) event.stopImmediatePropagation();
	},
	true,
);

const zone = (event) => event.target.closest?.(".k-drop, [data-drop]");
const brings = (event) => [...(event.dataTransfer?.types || [])].includes("Files");

function fieldOf(place) {
	const id = place.dataset.drop;
	return id ? document.getElementById(id) : one('input[type="file"]', place);
}

function over(event) {
	if (!brings(event)) return;
	const place = zone(event);
	event.preventDefault(); /* a file dropped beside the zone must not replace the page */
	event.dataTransfer.dropEffect = place ? "copy" : "none";
	for (const other of all(".is-over")) other.classList.toggle("is-over", other === place);
	place?.classList.add("is-over");
}

document.addEventListener("dragenter", over);
document.addEventListener("dragover", over);
document.addEventListener("dragleave", (event) => {
	if (!event.relatedTarget)
		for (const place of all(".is-over")) place.classList.remove("is-over");
});
document.addEventListener("drop", (event) => {
	if (!brings(event)) return;
	const place = zone(event);
	const field = place && fieldOf(place);
	event.preventDefault();
	for (const other of all(".is-over")) other.classList.remove("is-over");
	if (!field || field.disabled) return;
	const files = [...event.dataTransfer.files];
	if (!take(field, field.multiple ? files : files.slice(0, 1))) return;
	field.dispatchEvent(new Event("input", { bubbles: true }));
	if (field.hasAttribute("data-auto")) field.form?.requestSubmit();
});

document.addEventListener("reset", ({ target }) => {
	for (const field of all('input[type="file"]', target)) {
		chosen.delete(field);
		draw(field, [], []);
	}
});

/* A browser that comes back to a page may still hold files: show them. */
onPage(() => {
	for (const field of all('input[type="file"]'))
		if (field.files.length && !field.hasAttribute("data-simple"))
			take(field, [...field.files]);
});
