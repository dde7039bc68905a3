/* A session that is about to end says so in time, in every tab, and one button lets it go on. */
import { make, note, one, root, say, word } from "./dom.js";
import { onPage } from "./page.js";
import { signedOut } from "./live.js";

const WARN = 300; /* seconds before the end */
const AGAIN = 20; /* seconds between two looks while the warning stands */

let timer = 0;
let box = null;
let back = null; /* where somebody was before the button */

/* /_session only looks; /session is use, as a page is. Null: not known just now. */
async function ask(address) {
	const answer = await fetch(address, {
		headers: { Accept: "application/json" },
		redirect: "manual",
		cache: "no-store",
	}).catch(() => null);
	if (answer?.type === "opaqueredirect" || answer?.status === 401) return "over";
	return answer?.ok ? answer.json().catch(() => null) : null;
}

const ends = (left) => Math.min(left.idle, left.last);

function wait(seconds) {
	clearTimeout(timer);
	timer = setTimeout(look, Math.max(seconds, 1) * 1000);
}

function take(left) {
	if (left === "over") {
		hide();
		signedOut();
	} else if (!left) wait(AGAIN);
	else if (ends(left) > WARN) {
		hide();
		wait(ends(left) - WARN);
	} else {
		show(left);
		wait(Math.min(AGAIN, ends(left) + 1));
	}
}

/* Another tab may have been used since: what counts is what the server says. */
async function look() {
	take(await ask("/_session"));
}

async function stay() {
	const left = await ask("/session");
	take(left);
	if (left && left !== "over" && ends(left) > WARN) say(word("session-stays"));
}

const place = () => one("main > div") || one("main");

function hide() {
	if (!box) return;
	const inside = box.contains(document.activeElement);
	box.remove();
	box = null;
	if (inside) (back?.isConnected ? back : one("main"))?.focus({ preventScroll: true });
}

/* The minutes are told once: a region that changes all the time is read out all the time. */
function show(left) {
	const last = left.last <= left.idle;
	if (box?.isConnected && box.dataset.last === String(last)) return;
	hide();
	const n = Math.max(1, Math.round(ends(left) / 60));
	const text = word(last ? "session-last" : "session-soon", { n });
	if (!text || !place()) return;
	box = note(place(), "warn", "", text);
	box.classList.add("k-stay");
	box.dataset.last = last;
	if (last) return;
	const button = make("button", { type: "button", class: "btn" }, word("session-stay"));
	button.addEventListener("click", stay);
	button.addEventListener("focus", (event) => (back = event.relatedTarget));
	box.append(make("div", { class: "k-acts" }, button));
}

onPage(() => {
	clearTimeout(timer);
	box = null;
	const [idle, last] = (root.dataset.session || "").split(" ").map(Number);
	if (idle > 0 && last > 0) wait(Math.max(Math.min(idle, last) - WARN, 1));
});

/* A computer that slept: its timers did too. */
document.addEventListener("visibilitychange", () => {
	if (root.dataset.session && document.visibilityState === "visible") look();
});
