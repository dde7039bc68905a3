/* Looking at files inside the page: links with data-view open on the desk of a review
   ([data-viewer]) or in a lightbox. Without script they simply open. */
import { all, icon, iconButton, make, one, word } from "./dom.js";
import { onPage } from "./page.js";

const KINDS = ["image", "pdf", "text", "video", "audio"];
const STEPS = 3; /* classes z0 … z3 */

let links = [];
let at = -1;
let dialog = null;
let stage = null;
let parts = null; /* the toolbar: what, prev, next, smaller, larger, turn, get */
let zoom = 0;
let turn = 0;
let desk = null; /* the place on the page, and what stood there before */

/* Phones and tablets show no PDF in a frame, or its first page only: there the link opens as
   it would without script. */
function canShow(link) {
	if (!KINDS.includes(link.dataset.view)) return false;
	if (link.dataset.view !== "pdf") return true;
	return navigator.pdfViewerEnabled !== false && matchMedia("(any-hover: hover)").matches;
}

const title = (link) => link.dataset.name || link.textContent.trim();

/* Addresses on the content host are signed and run out: data-ticket names where the page gets
   a fresh one, {"url": "…"}. */
async function addressOf(link) {
	if (link.dataset.ticket) {
		const answer = await fetch(link.dataset.ticket, {
			headers: { Accept: "application/json" },
			cache: "no-store",
		}).catch(() => null);
		const ticket = answer?.ok ? await answer.json().catch(() => null) : null;
		if (/^https?:/.test(ticket?.url)) return ticket.url;
		return null;
	}
	return link.dataset.src || link.href;
}

function media(kind, url, name) {
	if (kind === "image") return make("img", { src: url, alt: name });
	if (kind === "video" || kind === "audio")
		return make(kind, {
			src: url,
			controls: true,
			"aria-label": name,
			preload: "metadata",
		});
	/* text needs nothing but to be drawn; the browser's PDF pages do not run in a sandbox */
	return make("iframe", { src: url, title: name, sandbox: kind === "text" ? "" : false });
}

function fail(link) {
	const get = make(
		"a",
		{ href: link.dataset.get || link.href },
		word("viewer-get") || title(link),
	);
	stage.replaceChildren(
		make("p", { class: "k-fail", role: "alert" }, word("viewer-failed"), " ", get),
	);
}

function pose() {
	stage.className = `k-stage z${zoom} r${turn}`;
	const image = links[at]?.dataset.view === "image";
	for (const button of [parts.smaller, parts.larger, parts.turn])
		if (button) button.hidden = !image;
	if (parts.smaller) parts.smaller.disabled = zoom === 0;
	if (parts.larger) parts.larger.disabled = zoom === STEPS;
}

async function show(i) {
	const link = links[i];
	at = i;
	zoom = 0;
	turn = 0;
	const count = word("viewer-of", { n: i + 1, total: links.length });
	parts.what.replaceChildren(
		make("b", {}, title(link)),
		links.length > 1 && count ? make("small", { class: "k-mute" }, count) : "",
	);
	if (parts.prev) parts.prev.disabled = i === 0;
	if (parts.next) parts.next.disabled = i === links.length - 1;
	if (document.activeElement?.disabled) stage.focus();
	if (parts.get) parts.get.href = link.dataset.get || link.href;
	stage.replaceChildren();
	pose();
	mark(link);
	const url = await addressOf(link);
	if (at !== i) return; /* somebody has gone on meanwhile */
	if (!url) return fail(link);
	const thing = media(link.dataset.view, url, title(link));
	thing.addEventListener("error", () => at === i && fail(link));
	stage.append(thing);
}

/* The tab of the file that lies on the desk is the current one. */
function mark(link) {
	if (!desk) return;
	for (const tab of all(".k-tabs a", link.closest(".k-tabs")?.parentElement || document))
		if (tab === link) tab.setAttribute("aria-current", "true");
		else tab.removeAttribute("aria-current");
}

function go(step) {
	const i = at + step;
	if (i >= 0 && i < links.length) show(i);
}

function tool(name, symbol, act) {
	const label = word(name);
	if (!label) return null;
	const button = iconButton(symbol, label, "btn-sm");
	button.addEventListener("click", act);
	return button;
}

function toolbar(close) {
	parts = {
		what: make("div", { class: "k-what", "aria-live": "polite" }),
		prev: tool("viewer-prev", "chevron-left", () => go(-1)),
		next: tool("viewer-next", "chevron-right", () => go(1)),
		smaller: tool("viewer-smaller", "zoom-out", () => (zoom--, pose())),
		larger: tool("viewer-larger", "zoom-in", () => (zoom++, pose())),
		turn: tool(
			"viewer-turn",
			"rotate-clockwise",
			() => ((turn = (turn + 1) % 4), pose()),
		),
		get: word("viewer-get")
			? make(
					"a",
					{
						class: "btn btn-quiet btn-icon btn-sm",
						"aria-label": word("viewer-get"),
					},
					icon("download"),
				)
			: null,
	};
	const bar = make("div", { class: "k-tools" }, ...Object.values(parts));
	if (close) bar.append(close);
	stage = make("div", { class: "k-stage", tabindex: "-1" });
	return [bar, stage];
}

function openDialog(i) {
	const close = iconButton("x", word("close"), "btn-sm");
	dialog = make("dialog", { class: "k-viewer", "aria-label": title(links[i]) });
	dialog.append(...toolbar(close));
	document.body.append(dialog);
	close.addEventListener("click", () => dialog.close());
	dialog.addEventListener("close", () => {
		dialog.remove();
		dialog = null;
		links[at]?.focus();
		at = -1;
	});
	dialog.showModal();
	close.focus();
	show(i);
}

function openDesk(place, i) {
	if (!desk) {
		desk = { place, before: [...place.childNodes] };
		const [bar, area] = toolbar(null);
		place.replaceChildren(bar, make("div", { class: "k-desk" }, area));
	}
	show(i);
}

/* The part that lay on the desk when the page came is put back by its own link. */
function backToSheet(link) {
	desk.place.replaceChildren(...desk.before);
	mark(link);
	desk = null;
	at = -1;
}

document.addEventListener("click", (event) => {
	const link = event.target.closest?.("a[href]");
	if (!link || event.defaultPrevented || event.button !== 0) return;
	if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
	if (link.hasAttribute("data-view-sheet") && desk) {
		event.preventDefault();
		return backToSheet(link);
	}
	if (!link.dataset.view || !canShow(link)) return;
	const place = link.closest("[data-view-group]") || one("main");
	if (!place?.contains(link)) return;
	event.preventDefault();
	links = all("a[data-view]", place).filter(canShow);
	const target = one("[data-viewer]", place);
	if (target) openDesk(target, links.indexOf(link));
	else openDialog(links.indexOf(link));
});

/* Arrow keys turn over, on the desk only while the focus is on it: elsewhere they move a cursor. */
document.addEventListener("keydown", (event) => {
	if (at < 0 || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
	if (
		event.ctrlKey ||
		event.metaKey ||
		event.altKey ||
		event.target.matches("video, audio")
	)
		return;
	if (!dialog && !desk?.place.contains(event.target)) return;
	if (zoom > 0 && event.target === stage) return; /* the stage scrolls */
	event.preventDefault();
	go(event.key === "ArrowLeft" ? -1 : 1);
});

onPage(() => {
	desk = null;
	dialog = null;
	at = -1;
});
