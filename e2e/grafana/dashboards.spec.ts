import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@grafana/plugin-e2e';
import { ago, repository, told } from './told';

const folder = join(__dirname, '..', '..', 'dashboards');

interface Panel {
  type: string;
  title: string;
  gridPos: { y: number; h: number };
}

for (const file of readdirSync(folder)) {
  const board: { uid: string; title: string; panels: Panel[] } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const panels = board.panels.filter(({ type }) => type !== 'row'); // which is closed

  test(`${board.title}: every panel shows something, and none an error`, async ({
    gotoDashboardPage,
    page,
    selectors,
  }) => {
    const failures: string[] = [];
    page.on('pageerror', (error) => failures.push(error.message));
    page.on('response', (response) => {
      if (response.url().includes('/api/ds/query') && !response.ok()) {
        failures.push(`${response.status()} from ${response.url()}`);
      }
    });
    const rows = Math.max(...board.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
    await page.setViewportSize({ width: 1280, height: rows * 38 + 200 }); // Grafana asks for what is in sight only
    const dashboard = await gotoDashboardPage({ uid: board.uid });
    for (const { title } of panels) {
      await expect(
        dashboard.getByGrafanaSelector(selectors.components.Panels.Panel.title(title)).first(),
        title
      ).toBeVisible();
    }
    await expect(page.getByLabel('Panel loading bar')).toHaveCount(0);
    await expect(dashboard).not.toHavePanelErrors();
    await expect(page.getByText('No data', { exact: true })).toHaveCount(0);
    expect(failures).toEqual([]);
  });
}

test('the way from one dashboard to another keeps service and time', async ({ gotoDashboardPage, page }) => {
  await gotoDashboardPage({
    uid: 'livedora-overview',
    queryParams: new URLSearchParams({ 'var-service': 'reminders', from: 'now-30d', to: 'now' }),
  });
  for (const title of [
    'Stability',
    'Organisation',
    'Trust the numbers',
    'Collection health',
    'Overview of a service',
  ]) {
    await page.getByRole('button', { name: 'Dashboards', exact: true }).click();
    await page.getByRole('menu').getByRole('link', { name: title, exact: true }).click();
    await expect(page).toHaveTitle(new RegExp(`^${title} - `));
    await expect(page).toHaveURL(/var-service=reminders/);
    await expect(page).toHaveURL(/from=now-30d/);
  }
});

test('the figure on a tile leads to what is behind it', async ({ gotoDashboardPage, page }) => {
  await gotoDashboardPage({
    uid: 'livedora-overview',
    queryParams: new URLSearchParams({ 'var-service': 'consent', from: 'now-30d', to: 'now' }),
  });
  const tile = page.getByTestId('data-testid Panel header Lead time').first();
  await tile.getByText(/ before| none before/).click();
  const menu = page.getByRole('menu');
  await expect(menu.getByText('Pull requests behind this figure')).toBeVisible();
  await menu.getByText('Lead time').click();
  await expect(page).toHaveURL(/\/d\/livedora-lead-time.*var-service=consent/);
});

test.describe('someone who may only look', () => {
  test.use({ storageState: { cookies: [], origins: [] } }); // the demo lets everyone look

  test('follows a point to the changes behind it', async ({ page }) => {
    await page.setViewportSize({ width: 1280, height: 1500 });
    await page.goto('/d/livedora-overview?var-service=consent');
    const chart = page.getByTestId('data-testid Panel header Change lead time').first().locator('.u-over').first();
    await expect(page.getByLabel('Panel loading bar')).toHaveCount(0);
    const { width, height } = (await chart.boundingBox())!;
    await chart.hover({ position: { x: width / 2, y: height / 2 } });
    await chart.click({ position: { x: width / 2, y: height / 2 } });
    const address = await page.getByRole('link', { name: 'Pull requests behind this point' }).getAttribute('href');
    await page.goto(address!);
    await expect(page).toHaveURL(/\/d\/livedora-trust.*var-at=\d{4}-\d{2}-\d{2}T/);
    const table = page.getByTestId('data-testid Panel header Every change counted');
    await expect(table.getByRole('row').nth(1)).toBeVisible();
  });
});

test('what changed is told in sentences, and evidence leads to what speaks, by names that people know', async ({
  gotoDashboardPage,
  page,
}) => {
  await page.setViewportSize({ width: 1440, height: 2600 });
  await gotoDashboardPage({ uid: 'livedora-signals', queryParams: new URLSearchParams({ 'var-service': 'booking' }) });
  const changed = page.getByTestId('data-testid Panel header What changed, and when');
  await expect(changed.getByRole('row').nth(1)).toBeVisible();
  for (const text of await changed.getByRole('gridcell').allTextContents()) {
    expect(text).not.toMatch(
      /NaN|undefined|null|\b1 (weeks|days)\b|\b(two|three|seven) (weeks|neighbours)\b|\d{4,}\s*%/
    );
  }

  await gotoDashboardPage({
    uid: 'livedora-stability',
    queryParams: new URLSearchParams({ 'var-service': 'booking' }),
  });
  const failed = page.getByTestId('data-testid Panel header Failed deployments');
  const evidence = failed.getByRole('gridcell').getByRole('link', { name: /deployment|incident #/ });
  await expect(evidence.first()).toBeVisible();
  for (const each of await evidence.all()) {
    expect(await each.getAttribute('href')).toMatch(/^https?:/);
    expect(await each.textContent()).not.toMatch(/\b\d{8,}\b|:deployment:/); // the vendor's own number
  }
});

test('a spreadsheet gets columns with names, and its times called time', async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 1500 });
  await page.goto('/d/livedora-overview?var-service=consent');
  const chart = page.getByTestId('data-testid Panel header Change lead time').first();
  await expect(page.getByLabel('Panel loading bar')).toHaveCount(0);
  await chart.hover();
  await page.getByTestId('data-testid Panel menu Change lead time').click();
  await page.getByTestId('data-testid Panel menu item Inspect').hover();
  await page.getByRole('menuitem', { name: 'Data', exact: true }).click();
  const columns = page.getByRole('dialog').getByRole('columnheader');
  await expect(columns.filter({ hasText: /^time$/ })).toBeVisible();
  await expect(columns.filter({ hasText: /^median, (days|hours)$/ })).toBeVisible();
});

test('what is pinned stays open: what is live is not refreshed', async ({ page }) => {
  const source = await told(page.request);
  try {
    await source.deployed('1', ago(30 * 24 * 60));
    await source.deployed('2', ago(9 * 24 * 60));
    await page.setViewportSize({ width: 1280, height: 1500 });
    await page.goto(
      `/d/livedora-overview?${new URLSearchParams({ 'var-datasource': source.uid, 'var-service': repository })}`
    );
    const chart = page.getByTestId('data-testid Panel header Deployment frequency').first().locator('.u-over').first();
    await expect(page.getByLabel('Panel loading bar')).toHaveCount(0);
    const { width, height } = (await chart.boundingBox())!;
    await chart.hover({ position: { x: width * 0.8, y: height / 2 } });
    await chart.click({ position: { x: width * 0.8, y: height / 2 } });
    const pinned = page.getByRole('link', { name: 'Deployments behind this point' }).first();
    await expect(pinned).toBeVisible();
    const asked: string[] = [];
    page.on('request', (request) => request.url().includes('/api/ds/query') && asked.push(request.url()));
    await page.waitForTimeout(35_000); // longer than any interval at which dashboards are usually refreshed
    await expect(pinned).toBeVisible();
    expect(asked).toEqual([]);
  } finally {
    await source.takeAway();
  }
});
