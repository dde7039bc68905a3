/* Signing in and out: right and wrong, where it leads to, what stays behind, and what a
   session that ends while somebody writes costs: nothing. */
import { test, after } from "node:test";
import assert from "node:assert/strict";
import { activate, close, get, kreide, made, origin, person, secret, signIn, signOut, somebody,
	sound, text } from "./lib.mjs";

after(close);

test("a wrong password and an unknown name get the same sentence; the name stays", async () => {
	const { account, code } = made("pupil", { group: "5a" });
	const page = await person();
	await activate(page, code);
	await signOut(page);
	await sound(page, "signed-out");
	const said = [];
	for (const name of [account, "gibt.es-nicht"]) {
		await page.goto(`${origin}/login`);
		await page.fill("[name=account]", name);
		await page.fill("[name=password]", "ganz-falsch-1");
		await page.click("main form .btn-primary");
		const alert = page.locator("[role=alert]");
		await alert.waitFor();
		said.push(await alert.innerText());
		assert.equal(await page.inputValue("[name=account]"), name);
		assert.equal(await page.inputValue("[name=password]"), "");
	}
	assert.equal(said[0], said[1]);
	assert.match(said[0], /stimmt nicht/);
	await sound(page, "login-wrong");
	await signIn(page, account, secret);
	assert.match(await text(page, "h1"), /^Guten (Morgen|Tag|Abend), Robin$/);
});

test("sign-in leads to where one wanted to go, and nowhere else", async () => {
	const { account, code } = made("teacher");
	const page = await person();
	await activate(page, code);
	await page.context().clearCookies();
	await page.goto(`${origin}/profile?x=1`);
	assert.match(page.url(), /\/login\?to=%2Fprofile/);
	await sound(page, "login");
	await page.fill("[name=account]", account);
	await page.fill("[name=password]", secret);
	await page.click("main form .btn-primary");
	await page.waitForURL(`${origin}/profile?x=1`);
	for (const to of ["https://boese.example/", "//boese.example/", "/\\boese.example", "/logout"]) {
		await page.context().clearCookies();
		await page.goto(`${origin}/login?to=${encodeURIComponent(to)}`);
		await page.fill("[name=account]", account);
		await page.fill("[name=password]", secret);
		await page.click("main form .btn-primary");
		await page.waitForURL(`${origin}/`);
	}
	/* who is signed in already is not asked again */
	await page.goto(`${origin}/login?to=/news`);
	assert.equal(page.url(), `${origin}/news`);
});

test("the language of the sign-in page is chosen there, and stays", async () => {
	const page = await person();
	await page.goto(`${origin}/login?to=/news`);
	assert.equal(await page.getAttribute("html", "lang"), "de");
	await page.click("header a[hreflang=en]");
	assert.equal(await page.getAttribute("html", "lang"), "en");
	assert.equal(await page.inputValue("[name=to]"), "/news");
	await page.goto(`${origin}/activate`);
	assert.equal(await page.getAttribute("html", "lang"), "en");
	assert.doesNotMatch(await text(page, "body"), /Zettel|Anmelden|Passwort/);
	const english = await person({ lang: "en-GB" });
	await english.goto(`${origin}/login`);
	assert.equal(await english.getAttribute("html", "lang"), "en");
	await english.click("summary");
	await sound(english, "login-en");
});

test("signing out ends every tab at once; the back button shows nothing", async () => {
	const page = await somebody("parent", { given: "Semra" });
	const tab = await page.context().newPage();
	await tab.goto(`${origin}/profile`);
	await tab.waitForTimeout(1200); /* the live channel opens after the page */
	await page.goto(`${origin}/profile`);
	await page.waitForTimeout(300);
	await signOut(page);
	await tab.locator(".k-note.k-stay").waitFor({ timeout: 6000 });
	await page.goBack();
	await page.waitForURL(/\/login/);
	assert.doesNotMatch(await text(page, "body"), /Semra/);
	assert.equal((await get(page, "/profile")).status, 302);
	assert.equal((await get(page, "/_live")).status, 204);
	/* and on the next page nobody listens any more */
	const asked = [];
	page.on("request", (r) => /_live|_notices/.test(r.url()) && asked.push(r.url()));
	await page.goto(`${origin}/login`);
	await page.waitForTimeout(1000);
	assert.deepEqual(asked, []);
});

test("a session that ends while somebody writes costs nothing", async () => {
	const page = await somebody("teacher", { given: "Wiebke" });
	const words = "Am Freitag ist um 11 Uhr Schluss. Bitte sagen Sie es zu Hause weiter.";
	await page.goto(`${origin}/news/new`);
	await page.fill("[name=title]", "Früher Schluss");
	await page.fill("[name=body]", words);
	/* Drafts are kept when somebody stops typing. */
	await page.waitForFunction(() => Object.values({ ...sessionStorage }).some((kept) => kept.includes("zu Hause weiter")));
	await page.context().clearCookies();
	await page.selectOption("[name=category]", "general");
	await page.check("[name=audience_id] >> nth=0");
	await page.click("main form .btn-primary");
	const way = page.locator("a[href^='/login?to=']").first();
	await way.waitFor();
	assert.equal(await page.inputValue("[name=body]"), words);
	await way.click();
	await page.fill("[name=account]", page.who.account);
	await page.fill("[name=password]", secret);
	await page.click("main form .btn-primary");
	await page.waitForURL("**/news/new");
	await page.locator(".k-note.is-run").waitFor();
	assert.equal(await page.inputValue("[name=body]"), words);
	assert.equal(await page.inputValue("[name=title]"), "Früher Schluss");
	page.faults.length = 0;
	await sound(page, "draft-restored");
});

test("a locked account cannot sign in, and is told no more than anybody", async () => {
	const { account, code } = made("parent");
	const page = await person();
	await activate(page, code);
	kreide("user", "lock", account);
	await page.goto(`${origin}/`);
	assert.match(page.url(), /\/login/);
	await page.fill("[name=account]", account);
	await page.fill("[name=password]", secret);
	await page.click("main form .btn-primary");
	assert.match(await text(page, "[role=alert]"), /stimmt nicht/);
	kreide("user", "unlock", account);
	await page.waitForTimeout(1100);
	await signIn(page, account, secret);
});

test("without JavaScript: in, and out again", async () => {
	const { account, code } = made("parent");
	const page = await person({ js: false, width: 360 });
	await activate(page, code);
	await signOut(page);
	await signIn(page, account, secret);
	await page.goto(`${origin}/notices`);
	assert.match(await text(page, "h1"), /Mitteilungen/);
});
