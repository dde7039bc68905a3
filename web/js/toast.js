/* Short notices at the edge of the page, in a live region that screen readers announce. */
import { make, icon, iconButton, one, word } from "./dom.js";
import { onPage } from "./page.js";

const STAY = 8000; /* milliseconds; longer while somebody points at it or is inside it */
const MOST = 3;

function region() {
	let box = one(".k-toasts");
	if (!box) {
		box = make("div", { class: "k-toasts", role: "status", "aria-live": "polite" });
		document.body.append(box);
	}
	return box;
}

function leaveLater(item) {
	let timer;
	const wait = () => {
		clearTimeout(timer);
		timer = setTimeout(() => item.remove(), STAY);
	};
	const stay = () => clearTimeout(timer);
	item.addEventListener("pointerenter", stay);
	item.addEventListener("pointerleave", wait);
	item.addEventListener("focusin", stay);
	item.addEventListener("focusout", wait);
	wait();
}

/* Only paths of this site become links: what arrives by the live channel is text, not trust. */
function localPath(href) {
	return typeof href === "string" && /^\/(?![/\\])/.test(href) ? href : null;
}

export function toast({ title, href, symbol = "bell" }) {
	if (!title) return;
	const box = region();
	const path = localPath(href);
	const close = word("close");
	const item = make(
		"div",
		{ class: "k-toast" },
		icon(symbol),
		path ? make("a", { href: path }, title) : make("span", {}, title),
	);
	if (close) {
		const button = iconButton("x", close, "btn-sm");
		button.addEventListener("click", () => item.remove());
		item.append(button);
	}
	while (box.children.length >= MOST) box.firstElementChild.remove();
	box.append(item);
	leaveLater(item);
}

/* The region stands in the page before the first notice: only then is the first one announced. */
onPage(region);
