/* How the instance is, as the administration sees it: fine, with notes, and when something
   is wrong. */
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { rmSync, writeFileSync, realpathSync, renameSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { close, home, origin, person, signIn, sound, text } from "./lib.mjs";

let admin;
const stamp = join(home, "etc/backup.stamp");
before(async () => {
	admin = await person();
	await signIn(admin, "admin");
});
after(async () => {
	rmSync(stamp, { force: true });
	await close();
});

test("the page: found in the menu, sentences, queues, nothing switched off", async () => {
	await admin.goto(`${origin}/health`);
	await sound(admin, "health");
	const seen = await text(admin);
	assert.match(seen, /Die Datenbank antwortet/);
	assert.match(seen, /Es gibt noch keine Sicherung/);
	assert.match(seen, /Keine Seite ist abgeschaltet/);
	assert.match(seen, /Warteschlangen/);
	assert.match(seen, /Überlast/);
	assert.equal(await admin.locator("main tbody tr").count(), 5 + 6); /* queues, and what is turned away */
	assert.equal(await admin.locator("nav a[href='/health']").count() > 0, true);
});

test("on a telephone, and with a backup", async () => {
	writeFileSync(stamp, "abc\n");
	const small = await person({ width: 360 });
	await signIn(small, "admin");
	await small.goto(`${origin}/health`);
	await sound(small, "health-360");
	assert.match(await text(small), /Die letzte Sicherung ist von heute oder gestern/);
});

test("no signatures: wrong comes first, and the start page says it", async () => {
	const sig = realpathSync(join(home, "sig")), aside = `${sig}.aside`;
	renameSync(sig, aside);
	mkdirSync(sig);
	try {
		await admin.goto(`${origin}/health`);
		assert.match(await text(admin, "main .k-list"), /^Es gibt keine Virensignaturen/);
		await sound(admin, "health-wrong");
		await admin.goto(`${origin}/`);
		assert.match(await text(admin, "main"), /Braucht Ihren Blick/);
		await sound(admin, "start-health");
	} finally {
		rmSync(sig, { recursive: true });
		renameSync(aside, sig);
	}
	await admin.goto(`${origin}/`);
	assert.doesNotMatch(await text(admin, "main"), /Braucht Ihren Blick/);
});

test("not for others", async () => {
	const teacher = await person();
	await signIn(teacher, "lehrerin");
	assert.equal((await teacher.goto(`${origin}/health`)).status(), 403);
});
