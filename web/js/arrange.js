/* Dragging the rows of a page that arranges something; its buttons do the same without. */
import { all, one } from "./dom.js";
import { onPage } from "./page.js";
import { setBusy } from "./forms.js";

const order = (page) =>
	all("[data-place]", page)
		.flatMap((list) => [
			list.dataset.place,
			...all("[data-tile]", list).map((row) => row.dataset.tile),
		])
		.join(" ");

/* The places say what stands in them; what the page hides is not named and stays hidden. */
function send(page) {
	const form = one("[data-order] form", page);
	one("[name=order]", form).value = order(page);
	setBusy(form, false);
	form.requestSubmit();
}

/* The address of the library is put in by build.mjs; it comes only when it is needed. */
async function start(page) {
	const { default: Sortable } = await import(KR_DRAG);
	const before = order(page);
	for (const list of all("[data-place]", page))
		Sortable.create(list, {
			group: "tiles",
			handle: ".k-grip",
			animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150,
			ghostClass: "is-ghost",
			onEnd: () => order(page) !== before && send(page),
		});
}

onPage(() => {
	const page = one("[data-arrange]");
	if (page && one("[data-tile]", page)) start(page).catch(() => {});
});
