/* Live notices: one EventSource per browser. One tab leads and listens; it tells the others. */
import { all, make, note, one, root, word } from "./dom.js";
import { onPage, parse } from "./page.js";
import { toast } from "./toast.js";

const FIRST = 2000;
const LONGEST = 60000;
const ASK_AGAIN = 60000; /* a page that comes back into view asks for the number, at most so often */

let source = null;
let channel = null;
let queue = null; /* AbortController of the wait for the lead */
let giveUpLead = null;
let retry = 0;
let tries = 0;
let lost = false; /* the stream broke: what came meanwhile is not known */
let ended = false;
let asked = Date.now();
const seen = [];

const name = () => `kreide-live-${root.dataset.person || ""}`;

function showCount(n) {
	if (!Number.isInteger(n) || n < 0) return;
	for (const mark of all("[data-live-count]")) {
		const bell = mark.closest("a, button, summary");
		const more = n > Number(mark.textContent.replace(/\D/g, "") || 0);
		mark.textContent = n === 0 ? "" : n > 99 ? "99+" : String(n);
		mark.hidden = n === 0;
		if (!bell) continue;
		const label = n === 0 ? word("bell-none") : word("bell-some", { n });
		if (label) bell.setAttribute("aria-label", label);
		bell.classList.toggle("is-fresh", more);
	}
}

export function signedOut() {
	if (ended) return;
	ended = true;
	stop();
	const text = word("signed-out");
	const place = one("main > div") || one("main");
	if (!text || !place) return;
	const box = note(place, "warn", text);
	box.classList.add("k-stay");
	box.append(make("p", {}, make("a", { href: loginAddress() }, word("sign-in"))));
}

/* data-login="/login?to=" gets the address of this page behind it; "/login" stays as it is. */
export function loginAddress() {
	const login = root.dataset.login || "/login";
	const here = location.pathname + location.search;
	return login.endsWith("=") ? login + encodeURIComponent(here) : login;
}

/* A module came or went: take the navigation of a fresh page. Every browser of the school may
   hear this at once, so each waits a moment of its own. */
function reloadNav() {
	setTimeout(async () => {
		const answer = await fetch(root.dataset.nav || "/", { redirect: "manual" }).catch(
			() => null,
		);
		if (!answer?.ok) return;
		const page = parse(await answer.text());
		const current = one(".k-nav [aria-current]")?.getAttribute("href");
		for (const part of [".k-nav", ".k-bar"]) {
			const fresh = one(part, page);
			const old = one(part);
			if (!fresh || !old || old.contains(document.activeElement)) continue;
			for (const link of all("a", fresh)) {
				link.removeAttribute("aria-current");
				if (link.getAttribute("href") === current)
					link.setAttribute("aria-current", "page");
			}
			old.replaceWith(document.adoptNode(fresh));
		}
	}, Math.random() * 8000);
}

const acts = {
	notice(event) {
		if (event.id != null) {
			if (seen.includes(event.id)) return;
			seen.push(event.id);
			if (seen.length > 50) seen.shift();
		}
		showCount(event.n);
		if (document.visibilityState === "visible") toast(event);
	},
	count: (event) => showCount(event.n),
	"reload-nav": reloadNav,
	"signed-out": signedOut,
};

/* Does what an event says, and tells the other tabs when it was heard here. */
function hear(kind, event, tell) {
	if (tell) channel?.postMessage({ kind, event });
	acts[kind]?.(event);
}

async function askCount() {
	asked = Date.now();
	const answer = await fetch("/_notices/count", {
		headers: { Accept: "application/json" },
		redirect: "manual",
		cache: "no-store",
	}).catch(() => null);
	if (!answer || ended) return;
	if (answer.type === "opaqueredirect" || answer.status === 401) {
		hear("signed-out", {}, true);
		return;
	}
	const event = answer.ok ? await answer.json().catch(() => null) : null;
	if (event) hear("count", event, true);
}

function open() {
	clearTimeout(retry);
	source = new EventSource(root.dataset.live);
	source.addEventListener("open", () => {
		if (lost) askCount();
		lost = false;
		tries = 0;
	});
	for (const kind of ["notice", "reload-nav", "signed-out"])
		source.addEventListener(kind, (message) => {
			let event = {};
			try {
				event = JSON.parse(message.data) || {};
			} catch {
				/* an event without data is an event too */
			}
			hear(kind, event, true);
		});
	source.addEventListener("error", () => {
		const refused = source.readyState === EventSource.CLOSED;
		source.close();
		lost = true;
		if (refused) askCount();
		const wait = Math.min(LONGEST, FIRST * 2 ** tries++);
		retry = setTimeout(open, wait * (0.5 + Math.random()));
	});
}

function close() {
	clearTimeout(retry);
	source?.close();
	source = null;
}

/* With Web Locks the tab that holds the lock leads; when it goes, the next one gets the lock.
   Without them (plain http) a tab listens only while it is in sight. */
function start() {
	if (!root.dataset.live || ended || !window.EventSource || queue) return;
	queue = new AbortController();
	if (window.BroadcastChannel) {
		channel = new BroadcastChannel(name());
		channel.onmessage = ({ data }) => hear(data?.kind, data?.event || {}, false);
	}
	if (navigator.locks && channel)
		navigator.locks
			.request(name(), { signal: queue.signal }, () => {
				open();
				return new Promise((done) => (giveUpLead = done));
			})
			.catch(() => {});
	else if (document.visibilityState === "visible") open();
}

function stop() {
	close();
	queue?.abort();
	queue = null;
	giveUpLead?.();
	giveUpLead = null;
	channel?.close();
	channel = null;
}

document.addEventListener("visibilitychange", () => {
	const visible = document.visibilityState === "visible";
	if (!queue || ended) return;
	if (!(navigator.locks && channel)) {
		if (!visible) {
			close();
			lost = true;
		} else if (!source) open();
	} else if (visible && Date.now() - asked > ASK_AGAIN) askCount();
});
window.addEventListener("online", () => {
	if (source?.readyState === EventSource.CLOSED) open();
});
window.addEventListener("pagehide", stop);
window.addEventListener("pageshow", (event) => {
	if (!event.persisted) return;
	start();
	if (queue) askCount();
});

onPage(start);
