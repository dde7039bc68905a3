/* Forms: a changed one is not left by accident, and none is sent twice. */
import { all, isPost } from "./dom.js";
import { onPage } from "./page.js";

const FREE_AGAIN = 10000; /* an answer that is a download leaves the page as it is */

const guarded = (form) =>
	isPost(form) &&
	!form.hasAttribute("data-plain") &&
	!form.querySelector('input[type="password"]') &&
	form.getClientRects().length > 0;

function changedField(field) {
	if (!field.name || field.disabled || field.closest(".k-c")) return false;
	if (field.type === "hidden" || field.type === "submit") return false;
	if (field.type === "file") return field.files.length > 0;
	if (field.type === "checkbox" || field.type === "radio")
		return field.checked !== field.defaultChecked;
	if (field.tagName === "SELECT") return changedSelect(field);
	return field.value !== field.defaultValue;
}

/* A single choice without a default stands on its first entry. */
function changedSelect(field) {
	const preset = [...field.options].filter((option) => option.defaultSelected);
	if (!field.multiple && preset.length === 0) return field.selectedIndex > 0;
	return [...field.options].some((option) => option.selected !== option.defaultSelected);
}

/* What came back with an error is not saved yet, though nothing was typed since. */
export function isChanged(form) {
	return (
		form.hasAttribute("data-changed") ||
		form.querySelector(".k-bad") !== null ||
		[...form.elements].some(changedField)
	);
}

let leaving = false;

/* The page may go now: its forms are on their way. */
export function letGo() {
	leaving = true;
}

function warn(event) {
	if (leaving || !all("form").some((form) => guarded(form) && isChanged(form))) return;
	event.preventDefault();
	event.returnValue = true; /* older browsers look here */
}

/* Listening costs the quick way back, so only once somebody has typed. */
document.addEventListener("input", () => window.addEventListener("beforeunload", warn), {
	once: true,
});

export function setBusy(form, busy, submitter) {
	form.toggleAttribute("data-busy", busy);
	const buttons = submitter ? [submitter] : all('[aria-disabled="true"][data-was]', form);
	for (const button of buttons) {
		button.toggleAttribute("data-was", busy);
		if (busy) button.setAttribute("aria-disabled", "true");
		else button.removeAttribute("aria-disabled");
	}
}

document.addEventListener(
	"submit",
	(event) => {
		const form = event.target;
		if (form.hasAttribute("data-busy")) {
			event.preventDefault();
			event.stopImmediatePropagation();
		}
	},
	true,
);

/* Runs last: who sends a form by script has prevented the event by then. */
window.addEventListener("submit", (event) => {
	const form = event.target;
	const into = event.submitter?.getAttribute("formtarget") || form.getAttribute("target");
	if (event.defaultPrevented || !isPost(form) || into === "_blank") return;
	leaving = true;
	setBusy(form, true, event.submitter);
	setTimeout(() => {
		leaving = false;
		setBusy(form, false);
	}, FREE_AGAIN);
});

window.addEventListener("pageshow", () => {
	leaving = false;
	for (const form of all("form[data-busy]")) setBusy(form, false);
});

/* A select or a file field with data-auto sends its form at once; the button for those
   without script goes. */
document.addEventListener("change", ({ target }) => {
	if (!target.matches?.("[data-auto]") || !target.form) return;
	if (target.type === "file" && target.files.length === 0) return;
	target.form.requestSubmit();
});

onPage(() => {
	leaving = false;
	for (const button of all("[data-no-script]")) button.hidden = true;
	for (const button of all("[data-script][hidden]")) button.hidden = false;
});
