/* Small comforts: password button, menus, dialogs, copying, choosing many rows, tabs, theme
   preview. */
import { all, icon, make, one, root, word } from "./dom.js";
import { onPage } from "./page.js";
import { toast } from "./toast.js";

/* ── password: show and hide ── */
function setShown(field, button, shown) {
	field.type = shown ? "text" : "password";
	button.setAttribute("aria-label", word(shown ? "pw-hide" : "pw-show"));
	button.replaceChildren(icon(shown ? "eye-off" : "eye"));
}

function passwordButtons() {
	for (const field of all('.k-pw > input[type="password"]')) {
		if (!word("pw-show") || !word("pw-hide")) return;
		const button =
			one("button", field.parentElement) ||
			make("button", { type: "button", class: "btn btn-quiet btn-icon" });
		setShown(field, button, false);
		button.addEventListener("click", () => {
			setShown(field, button, field.type === "password");
			field.focus();
		});
		field.after(button);
		/* password managers and the browser's memory must see a password field */
		field.form?.addEventListener("submit", () => setShown(field, button, false));
	}
}

/* ── menus: <details class="k-menu"> ── */
function closeMenus(except) {
	for (const menu of all("details.k-menu[open]"))
		if (!except || !menu.contains(except)) menu.open = false;
}

document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("focusin", (event) => closeMenus(event.target));
document.addEventListener("keydown", (event) => {
	if (event.key !== "Escape") return;
	const menu =
		event.target.closest?.("details.k-menu[open]") || one("details.k-menu[open]");
	if (menu) {
		menu.open = false;
		one("summary", menu)?.focus();
	} else if (one(".k-nav:target")) {
		one(".k-nav .k-close a")?.click();
		one('.k-bar a[href="#nav-all"]')?.focus();
	}
});

/* ── dialogs: a popover without script, a modal dialog with it ── */
function upgradeDialogs() {
	for (const dialog of all("dialog[popover]")) {
		const open = dialog.hasAttribute("data-open") || dialog.matches(":popover-open");
		dialog.removeAttribute("popover");
		if (open) dialog.showModal();
	}
}

/* Pressing beside a dialog closes it, unless something was typed into it. */
function pressedBeside(event) {
	const box = event.target.getBoundingClientRect();
	const inside =
		event.clientX >= box.left &&
		event.clientX <= box.right &&
		event.clientY >= box.top &&
		event.clientY <= box.bottom;
	return event.target.matches("dialog.k-dialog[open]") && !inside;
}

document.addEventListener("pointerdown", (event) => {
	const dialog = event.target;
	if (!(dialog instanceof HTMLDialogElement) || !pressedBeside(event)) return;
	const typed = all("input, textarea, select", dialog).some(
		(field) => field.defaultValue !== undefined && field.value !== field.defaultValue,
	);
	if (!typed) dialog.close();
});

document.addEventListener("click", (event) => {
	const button = event.target.closest?.("[popovertarget]");
	const dialog = button && document.getElementById(button.getAttribute("popovertarget"));
	if (!(dialog instanceof HTMLDialogElement) || dialog.hasAttribute("popover")) return;
	event.preventDefault();
	const hide = button.getAttribute("popovertargetaction") === "hide";
	if (hide || dialog.open) dialog.close();
	else dialog.showModal();
});

/* ── copying: data-copy="text" or data-copy="#id" ── */
document.addEventListener("click", async (event) => {
	const button = event.target.closest?.("[data-copy]");
	if (!button) return;
	event.preventDefault();
	const what = button.dataset.copy;
	const from = what.startsWith("#") ? document.getElementById(what.slice(1)) : null;
	const text = from ? (from.value ?? from.textContent.trim()) : what;
	try {
		await navigator.clipboard.writeText(text);
		toast({
			title: button.dataset.copied || word("copied"),
			symbol: "clipboard-check",
		});
	} catch {
		from?.select?.();
		toast({ title: word("copy-failed"), symbol: "alert-circle" });
	}
});

/* ── paper ── */
document.addEventListener("click", (event) => {
	if (event.target.closest?.("[data-print]")) window.print();
});

/* ── many rows: the box in the head, the number in the bar ── */
const rowBoxes = (table) => all("tbody .k-c input[type=checkbox]", table);

function updateRows(table) {
	const boxes = rowBoxes(table);
	const n = boxes.filter((box) => box.checked).length;
	const head = one("thead .k-c input[type=checkbox]", table);
	for (const box of boxes) box.closest("tr").classList.toggle("is-on", box.checked);
	if (head) {
		head.checked = n > 0 && n === boxes.length;
		head.indeterminate = n > 0 && n < boxes.length;
	}
	const bar = one(".k-bulk", table.closest("form") || document);
	if (!bar) return;
	bar.hidden = n === 0;
	const status = one("[role=status]", bar);
	const text = status && word("selected", { n });
	if (text && status.textContent !== text) status.replaceChildren(make("b", {}, text));
}

let lastBox = null;

document.addEventListener("click", (event) => {
	const box = event.target;
	if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
	const table = box.closest(".k-c") && box.closest("table");
	if (!table) return;
	const boxes = rowBoxes(table);
	if (box.closest("thead")) for (const other of boxes) other.checked = box.checked;
	else if (event.shiftKey && boxes.includes(lastBox)) {
		const [a, b] = [boxes.indexOf(lastBox), boxes.indexOf(box)].sort((x, y) => x - y);
		for (const other of boxes.slice(a, b + 1)) other.checked = box.checked;
	}
	lastBox = box;
	updateRows(table);
});

const tables = () =>
	all("table").filter((table) => one("tbody .k-c input[type=checkbox]", table));

document.addEventListener("reset", () => setTimeout(() => tables().forEach(updateRows)));
window.addEventListener("pageshow", () => tables().forEach(updateRows));

/* ── theme: fields called "theme" in a form with data-theme-form show their choice at once ── */
document.addEventListener("change", ({ target }) => {
	if (target.name !== "theme" || !target.form?.hasAttribute("data-theme-form")) return;
	if (["light", "dark"].includes(target.value)) root.dataset.theme = target.value;
	else delete root.dataset.theme;
});

/* ── tabs wider than the page: the one that is shown comes into sight ── */
function tabsInSight() {
	for (const tab of all(".k-tabs [aria-current]")) {
		const tabs = tab.parentElement;
		tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
	}
}

onPage(() => {
	tabsInSight();
	passwordButtons();
	upgradeDialogs();
	tables().forEach(updateRows);
});
