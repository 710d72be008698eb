import axe from 'axe-core';

/** One page with one editor of the plugin, driven as a person with a keyboard would. */
export async function openEditor(browser, address, { editor, value, mode = 'dark' }) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, timezoneId: 'Europe/London' });
  page.setDefaultTimeout(30_000); // for machines that are busy with something else
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on(
    'console',
    (message) =>
      message.type() === 'error' && !message.text().startsWith('Failed to load') && errors.push(message.text())
  );
  const told = [];
  page.on('console', (message) => told.push(`console: ${message.text()}`));
  page.on('request', (request) =>
    told.push(`${request.method()} ${request.url()} ${JSON.stringify(request.headers())} ${request.postData() ?? ''}`)
  );
  page.on('response', (response) => response.status() === 404 && errors.push(`404: ${response.url().split('?')[0]}`));
  await page.goto(address);
  if (errors.length > 0) {
    await page.close();
    throw new Error(`the page does not load: ${errors.join('; ')}`);
  }
  await page.evaluate((what) => window.show(what), { editor, value, mode });
  await page.locator('#page input, #page button').first().waitFor();

  const field = (label, scope = page) => scope.locator('input, textarea').and(scope.getByLabel(label, { exact: true }));
  /** Until the page shows what the last key did. */
  const drawn = () =>
    page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  return {
    page,
    /** What the browser complained of. */
    errors,
    /** What the browser asked for, headers and all, and what it wrote to its console. */
    told,
    /** What the page holds: its elements with what is typed into them, what it keeps in the browser, and where it is. */
    held: () =>
      page.evaluate(() =>
        [
          document.documentElement.outerHTML,
          ...Array.from(document.querySelectorAll('input, textarea'), ({ value }) => value),
          JSON.stringify([
            { ...window.localStorage },
            { ...window.sessionStorage },
            document.cookie,
            window.location.href,
            window.history.state,
          ]),
        ].join('\n')
      ),
    field,
    emitted: () => page.evaluate(() => window.emitted),
    /** What holds once the page has come to rest: an editor hands a choice over after it is drawn. */
    async soon(holds) {
      for (const end = Date.now() + 5_000; ; await drawn()) {
        try {
          return await holds();
        } catch (error) {
          if (Date.now() > end) {
            throw error;
          }
        }
      }
    },
    replace: (next) => page.evaluate((settings) => window.replace(settings), next),

    /** Opens a menu, perhaps enters what an option is called, and goes down to it. */
    async choose(label, option, { entered = true } = {}) {
      await field(label).focus();
      await page.keyboard.press('ArrowDown');
      await page.locator('[role=combobox][aria-expanded=true]:focus').waitFor();
      if (entered) {
        await field(label).fill(option);
      }
      await page.getByRole('option').filter({ hasText: option }).first().waitFor();
      await drawn();
      const marked = page.locator('[role=option][aria-selected=true]').filter({ hasText: option });
      /** The mark can still move while the menu narrows to what was entered. */
      const stays = async () => (await marked.count()) > 0 && (await drawn(), (await marked.count()) > 0);
      for (let steps = 0; !(await stays()); steps++) {
        if (steps === 20) {
          throw new Error(`"${option}" is not reached with the keyboard`);
        }
        await page.keyboard.press('ArrowDown');
        await drawn();
      }
      await page.keyboard.press('Enter');
      await drawn();
      await field(label).blur();
      await drawn();
    },

    async type(label, text, scope) {
      await field(label, scope).focus();
      await page.keyboard.press('End');
      await page.keyboard.type(text);
    },

    async press(button, scope = page) {
      await scope.getByRole('button', { name: button, exact: true }).focus();
      await page.keyboard.press('Enter');
    },

    /** Rules of accessibility that the page breaks seriously. */
    async violations() {
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(async () => {
        // A button that has just become usable is still on its way from pale to strong.
        await Promise.all(
          document.getAnimations().map((each) => ('transitionProperty' in each ? each.finished.catch(() => {}) : null))
        );
        return window.axe.run('body', { resultTypes: ['violations'] });
      });
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
    },
  };
}
