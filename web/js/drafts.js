/* Drafts: what somebody types into a form with data-draft="KEY" survives a session that ends. */
import { all, make, note, one, root, word } from "./dom.js";
import { onPage } from "./page.js";

const WEEK = 7 * 24 * 3600 * 1000;
const PREFIX = "kr-draft:";
const SKIP = ["hidden", "password", "file", "submit", "button", "reset", "image"];

/* The tab's own store by default: school computers are shared. data-draft-keep outlives it. */
function store(form) {
	try {
		return form.hasAttribute("data-draft-keep") ? localStorage : sessionStorage;
	} catch {
		return null; /* the browser forbids it: then there are no drafts */
	}
}

const key = (form) => `${PREFIX}${root.dataset.person || ""}:${form.dataset.draft}`;
const fields = (form) =>
	[...form.elements].filter(
		(field) =>
			field.name && !SKIP.includes(field.type) && !field.closest("[data-no-draft]"),
	);
const timers = new WeakMap();
const isTick = (field) => field.type === "checkbox" || field.type === "radio";

function valueOf(field) {
	if (isTick(field)) return field.checked;
	if (field.multiple && field.options)
		return [...field.options].filter((o) => o.selected).map((o) => o.value);
	return field.value;
}

function setValue(field, value) {
	if (isTick(field)) field.checked = value;
	else if (Array.isArray(value))
		for (const option of field.options || [])
			option.selected = value.includes(option.value);
	else field.value = value;
}

const snapshot = (form) => fields(form).map((field) => [field.name, valueOf(field)]);

function save(form) {
	try {
		store(form)?.setItem(
			key(form),
			JSON.stringify({ t: Date.now(), v: snapshot(form) }),
		);
	} catch {
		/* full or forbidden: typing goes on all the same */
	}
}

export function dropDraft(form) {
	clearTimeout(timers.get(form));
	if (form.dataset.draft) store(form)?.removeItem(key(form));
}

function load(form) {
	try {
		const draft = JSON.parse(store(form)?.getItem(key(form)) || "null");
		if (draft && Date.now() - draft.t < WEEK) return draft.v;
	} catch {
		/* unreadable: as if there were none */
	}
	return null;
}

/* Puts the values back by name; fields of the same name in their order. */
function restore(form, values) {
	const before = snapshot(form);
	const left = fields(form);
	for (const [name, value] of values) {
		const at = left.findIndex((field) => field.name === name);
		if (at >= 0) setValue(left.splice(at, 1)[0], value);
	}
	return JSON.stringify(before) !== JSON.stringify(snapshot(form)) ? before : null;
}

function announce(form, before) {
	const text = word("draft-restored");
	if (!text) return;
	const box = note(form, "run", "", text, "status");
	const label = word("draft-discard");
	if (!label) return;
	const discard = make(
		"button",
		{ type: "button", class: "btn btn-sm btn-quiet" },
		label,
	);
	discard.addEventListener("click", () => {
		restore(form, before);
		dropDraft(form);
		box.remove();
		fields(form)[0]?.focus();
	});
	box.append(make("div", { class: "k-acts" }, discard));
}

function changed({ target }) {
	const form = target.form;
	if (!form?.dataset.draft || form.hasAttribute("data-busy")) return;
	clearTimeout(timers.get(form));
	timers.set(
		form,
		setTimeout(() => save(form), 400),
	);
}

document.addEventListener("input", changed);
document.addEventListener("change", changed);

/* Signing out on purpose leaves nothing behind for the next person at this computer. */
document.addEventListener("submit", ({ target }) => {
	if (!target.hasAttribute("data-sign-out")) return;
	for (const place of [sessionStorage, localStorage])
		for (const name of Object.keys(place))
			if (name.startsWith(`${PREFIX}${root.dataset.person || ""}:`))
				place.removeItem(name);
});

onPage(() => {
	for (const form of all("form[data-draft]")) {
		const values = load(form);
		const before = values && restore(form, values);
		if (before) announce(form, before);
		else if (values && !one(".k-bad", form)) dropDraft(form);
	}
});
