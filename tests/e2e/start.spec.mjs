/* The start page as somebody wants it: moved and hidden by buttons, by keyboard, by dragging. */
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { close, opened, origin, person, signIn, somebody, sound, text } from "./lib.mjs";

before(() => {
	opened("tasks", "pupil,teacher");
	opened("news", "pupil,teacher,parent,staff,admin");
});
after(close);

const order = (page) => page.locator("[data-tile]").evaluateAll((rows) => rows.map((r) => r.dataset.tile));
const places = (page) => page.locator("[data-place]").evaluateAll((lists) =>
	lists.map((l) => [...l.children].map((r) => r.dataset.tile).join(" ")));

async function arranging(page) {
	await page.goto(`${origin}/`);
	await sound(page, "start-with-link");
	await page.click("main a:has-text('Startseite anpassen')");
	await page.waitForURL(`${origin}/start`);
}

test("by buttons, with the keyboard staying where it was", async () => {
	const page = await person();
	await signIn(page, "admin");
	await arranging(page);
	await sound(page, "start-arrange");
	const first = await order(page);
	assert.ok(first.length >= 2, `${first}`);
	const [tile] = first;
	const button = (way) => page.locator(`[data-tile="${tile}"] button[value=${way}]`);
	assert.equal(await button("up").count(), 0);
	await button("down").focus();
	await page.keyboard.press("Enter");
	await page.waitForURL(/move=down/);
	await page.waitForFunction((id) => document.activeElement.value === "down" &&
		document.activeElement.closest("[data-tile]").dataset.tile === id, tile);
	const moved = await places(page);
	await page.keyboard.press("Enter");
	await page.waitForFunction((was) => JSON.stringify([...document.querySelectorAll("[data-place]")]
		.map((l) => [...l.children].map((r) => r.dataset.tile).join(" "))) !== was, JSON.stringify(moved));
	await button("hide").click();
	await page.waitForURL(/move=hide/);
	assert.ok(!(await order(page)).includes(tile));
	await sound(page, "start-arrange-hidden");
	await page.waitForFunction(() =>
		document.activeElement.getAttribute("aria-label")?.startsWith("Einblenden: "));
	await page.click("a:has-text('Fertig')");
	await page.waitForURL(`${origin}/`);
	assert.equal(await page.locator("#tile-next").count(), 0);
	await page.goto(`${origin}/start`);
	await page.click("button:has-text('Alles wie am Anfang')");
	await page.locator(".k-note.is-ok:has-text('wie am Anfang')").waitFor();
	assert.deepEqual(await order(page), first);
});

test("without JavaScript all of it works too", async () => {
	const page = await person({ js: false, width: 360 });
	await signIn(page, "lehrerin");
	await page.goto(`${origin}/start`);
	assert.equal(await page.locator(".k-grip:visible").count(), 0);
	const [tile] = await order(page);
	await page.click(`[data-tile="${tile}"] button[value=hide]`);
	await page.waitForURL(/move=hide/);
	assert.ok(!(await order(page)).includes(tile));
	await page.click("button:has-text('Einblenden')");
	await page.waitForURL(/move=show/);
	assert.ok((await order(page)).includes(tile));
	await page.click("button:has-text('Alles wie am Anfang')");
	await page.locator(".k-note.is-ok").waitFor();
});

test("dragged by its grip, into an empty area as well", async () => {
	const page = await person();
	await signIn(page, "admin");
	await page.goto(`${origin}/start`);
	await page.click("button:has-text('Alles wie am Anfang')");
	await page.locator(".k-note.is-ok").waitFor();
	const empty = (await places(page)).indexOf("");
	assert.ok(empty >= 0, "an area without tiles");
	const [tile] = await order(page);
	const grip = page.locator(`[data-tile="${tile}"] .k-grip`);
	const target = page.locator("[data-place]").nth(empty);
	await page.waitForFunction(() => /* the library has come */
		Object.keys(document.querySelector("[data-place]")).some((k) => k.startsWith("Sortable")));
	await target.scrollIntoViewIfNeeded();
	const from = await grip.boundingBox(), to = await target.boundingBox();
	await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
	await page.mouse.down();
	await page.mouse.move(to.x + 60, to.y + to.height / 2 - 4, { steps: 12 });
	/* The browser tells of a drag at its own pace: held over the area until it is there. */
	for (let i = 0; i < 200 && (await places(page))[empty] !== tile; i++) {
		await page.mouse.move(to.x + 60 + (i % 40), to.y + to.height / 2);
		await page.waitForTimeout(50);
	}
	assert.equal((await places(page))[empty], tile);
	await page.mouse.up();
	await page.locator(".k-note.is-ok").waitFor({ state: "detached" }); /* the page has come anew */
	assert.equal((await places(page))[empty], tile);
	assert.deepEqual(page.faults, []);
	await page.click("button:has-text('Alles wie am Anfang')");
	await page.locator(".k-note.is-ok").waitFor();
});

test("a pupil is told du; somebody without tiles reads a sentence", async () => {
	const pupil = await somebody("pupil", { group: "7b" }, { width: 360 });
	await pupil.goto(`${origin}/start`);
	assert.match(await text(pupil), /Ordne die Kacheln/);
	await sound(pupil, "start-arrange-pupil");
});
