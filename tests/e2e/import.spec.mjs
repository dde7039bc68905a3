/* The import page: what is wrong is said row by row, what is right is shown before it
   happens, and the same file again changes nothing. With teachers, so that the pupils of
   the school day are left alone. */
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { close, file, origin, person, signIn, sound, text } from "./lib.mjs";

let admin;
before(async () => {
	admin = await person();
	await signIn(admin, "admin");
});
after(close);

const tag = String(Date.now()).slice(-5); /* the same test twice in one school */
const row = (id, family, given, short, classes = "") => [`T${tag}${id}`, family, given, short, classes];
const head = ["ID", "Nachname", "Vorname", "Kürzel", "Klassen"];
const table = (rows, to = "latin1") =>
	Buffer.from([head, ...rows].map((r) => `${r.join(";")}\r\n`).join(""), to);
const staff = [
	row(1, "Weißenfels-Ahlenhöfer", "Änne-Sophie", "WeAh", "7b,7c"),
	row(2, "Freiherr von Lüttwitz-Öhlenschläger", "Maximilian Alexander", "Luet", "7b"),
	row(3, '"Le ""Roi"""', "Jérôme", "LeR"),
	row(4, "Yılmaz".replace("ı", "i"), "Ayse", "Yil"),
	row(5, "Brandt", "Uwe", "Bra"),
	row(6, "Kröger", "Inge", "Kro"),
	...Array.from({ length: 14 }, (_, i) => row(i + 7, "Lehrerin", `Test${"abcdefghijklmn"[i]}`, `L${i}`)),
];

async function upload(bytes, name = "lehrkraefte.csv") {
	await admin.goto(`${origin}/import`);
	await admin.selectOption("[name=profile]", "teachers");
	await admin.setInputFiles("[name=file]", file(name, bytes));
	await admin.click("form[action='/import'] .btn-primary");
}
/* The numbers of the preview: unchanged, new, renamed, moved, leaving, to be settled. */
const numbers = async () => (await admin.locator(".k-diff b").allInnerTexts()).map((n) => Number(n.trim()));
const faults = async () => (await admin.locator("#faults tbody tr").allInnerTexts())
	.map((t) => t.replace(/\s+/g, " "));

test("errors are named by row and column, and nothing can be applied", async () => {
	await admin.goto(`${origin}/import`);
	await sound(admin, "import");
	await upload(table([
		row(1, "Gut", "Gerda", "Gut"),
		row(1, "Doppelt", "Dora", "Dop"),
		row(3, "", "Namenlos", "Nam"),
		row(4, '"=HYPERLINK(""http://boese.example"")"', "Formel", "For"),
		row(5, "MÃ¼ller", "Verstümmelt", "Mue"),
		row(6, "Zu", "wenig").slice(0, 2),
	]));
	await admin.locator("#faults").waitFor();
	const said = await faults();
	assert.match(said[0], /^Zeile 3 ID .*schon in Zeile 2/);
	assert.match(said[1], /^Zeile 4 Nachname .*fehlt/);
	assert.match(said[2], /^Zeile 5 Nachname .*Formel/);
	assert.match(said[3], /^Zeile 6 Nachname .*verstümmelt/);
	assert.match(said[4], /^Zeile 7 .*zu wenige Spalten/);
	assert.equal(await admin.locator("text=/^Übernehmen$/").count(), 0);
	await sound(admin, "import-errors");
});

test("a file that is none: columns missing, a spreadsheet, no text, nobody in it", async () => {
	for (const [bytes, words] of [
		["Nummer;Name\r\n1;Otto\r\n", /Spalte fehlt/],
		[Buffer.from("PK\x03\x04........", "latin1"), /Excel/],
		[Buffer.from([0, 1, 2, 3, 0, 0, 7]), /keine Textdatei/],
		["", /leer/],
	]) {
		await upload(bytes);
		await admin.locator("#faults, .k-bad").first().waitFor();
		assert.match(await text(admin), words);
	}
	await sound(admin, "import-no-table");
	await upload(table([]));
	await admin.locator(".k-note.is-warn").waitFor();
	await sound(admin, "import-nobody");
});

test("too large is said before it is sent", async () => {
	await admin.goto(`${origin}/import`);
	assert.match(await text(admin, ".k-drop"), /höchstens 8 MB/);
	await admin.setInputFiles("[name=file]", file("riesig.csv", Buffer.alloc(9 << 20, 65)));
	await admin.locator("text=/Zu groß: 9 MB, höchstens 8 MB/").waitFor();
	await sound(admin, "import-large");
});

test("the plan, the deed, the slips; then the same file plans nothing", async () => {
	await upload(table(staff));
	await admin.waitForURL(/\/import\/plan/);
	const plan = await numbers();
	assert.deepEqual([plan[1], plan[5]], [20, 0]);
	await admin.locator("#new >> text=/Weißenfels-Ahlenhöfer/").waitFor();
	await sound(admin, "import-plan");
	if (await admin.locator("[name=force]").count()) await admin.check("[name=force]");
	await admin.click("form[action='/import/apply'] .btn-primary");
	await admin.locator(".k-slip").first().waitFor();
	assert.equal(await admin.locator(".k-slip").count(), 20);
	assert.match(await text(admin), /maximilian\.freiherrvonluettwitz-oehlenschlaeger/);
	await sound(admin, "import-slips");
	await admin.goto(`${origin}/import/plan?profile=teachers&plan=99999`); /* swept */
	assert.match(await text(admin, ".k-note.is-warn"), /Vorschau ist abgelaufen/);
	await sound(admin, "import-expired");
	await upload(table(staff));
	await admin.waitForURL(/\/import\/plan/);
	assert.deepEqual((await numbers()).slice(1), [0, 0, 0, 0, 0]);
	await admin.locator("text=Alles ist schon so").waitFor();
	await sound(admin, "import-nothing");
	await admin.goto(`${origin}/import`);
	await sound(admin, "import-past");
});

test("a name, a class, somebody gone: seen first, then done; many gone needs a tick", async () => {
	const changed = staff.map((r) => [...r]);
	changed[4][1] = "Brandt-Ölmüller";
	changed[0][4] = "7b,8c";
	await upload(table(changed.slice(0, 19)));
	await admin.waitForURL(/\/import\/plan/);
	assert.deepEqual((await numbers()).slice(1), [0, 1, 1, 1, 0]);
	await sound(admin, "import-changes");
	await admin.click("form[action='/import/apply'] .btn-primary");
	await admin.waitForURL(/\/import(\/apply)?$/);
	await upload(table(changed.slice(0, 2)));
	await admin.waitForURL(/\/import\/plan/);
	await sound(admin, "import-stopped");
	await admin.click("form[action='/import/apply'] .btn-primary");
	await admin.locator(".k-bad, .k-note.is-due").first().waitFor();
	await admin.check("[name=force]");
	await admin.click("form[action='/import/apply'] .btn-primary");
	await admin.waitForURL(/\/import(\/apply)?$/);
	await sound(admin, "import-done");
});

test("UTF-8, commas and another order are the same table", async () => {
	const turned = staff.slice(0, 2).map(([id, family, given, short, classes]) =>
		[given, `"${classes.replace("7c", "8c")}"`, family, short, id]);
	const bytes = `\ufeffVorname,Klassen,Nachname,Kürzel,ID\n${turned.map((r) => r.join(",")).join("\n")}\n`;
	await upload(bytes);
	await admin.waitForURL(/\/import\/plan/);
	assert.deepEqual(await numbers(), [2, 0, 0, 0, 0, 0]);
});
