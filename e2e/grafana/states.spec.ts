import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test as base } from '@grafana/plugin-e2e';
import type { APIRequestContext, Browser, Locator, Page } from '@playwright/test';
import { ago, dataSource, repository, told } from './told';

const DAY = 24 * 60; // minutes
const folder = join(__dirname, '..', '..', 'dashboards');
const boards: Array<{ uid: string; title: string; panels: Array<{ gridPos: { y: number; h: number } }> }> = readdirSync(
  folder
).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));

/** Someone who may only look, on pages that report what went wrong. */
async function viewer(browser: Browser, baseURL: string | undefined) {
  const context = await browser.newContext({ baseURL, storageState: { cookies: [], origins: [] } });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => message.type() === 'error' && faults.push(`${page.url()}: ${message.text()}`));
  page.on('response', (response) => {
    if (response.url().includes('/api/ds/query') && !response.ok()) {
      faults.push(`${page.url()}: ${response.status()}`);
    }
  });
  return { page, faults, leave: () => context.close() };
}

/** Opens a dashboard whole, and waits until each of its panels has its answer. */
async function look(page: Page, uid: string, source: string) {
  const { panels } = boards.find((board) => board.uid === uid)!;
  const rows = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  await page.setViewportSize({ width: 1280, height: rows * 38 + 200 }); // Grafana asks for what is in sight only
  await page.goto(`/d/${uid}?${new URLSearchParams({ 'var-datasource': source, 'var-service': repository })}`);
  await expect(page.getByTestId(/^data-testid Panel header /).first()).toBeVisible();
  await expect(page.getByLabel('Panel loading bar')).toHaveCount(0);
}

/** Every dashboard is opened by a viewer, who sees no error and never the bare words that there is no data. */
async function everyDashboard(page: Page, source: string) {
  for (const { uid } of boards) {
    await look(page, uid, source);
    await expect(page.getByText('No data', { exact: true }), uid).toHaveCount(0);
  }
}

function panel(page: Page, title: string): Locator {
  return page.getByTestId(`data-testid Panel header ${title}`).first();
}

interface Source {
  uid: string;
  takeAway: () => Promise<void>;
}

/** Tells a story to a data source that is taken away afterwards, and has a viewer look. */
type Story = <T extends Source>(
  make: (request: APIRequestContext) => Promise<T>,
  tell: (page: Page, source: T) => Promise<void>
) => Promise<void>;

const test = base.extend<{ story: Story }>({
  story: async ({ browser, baseURL, page: { request } }, use) => {
    await use(async (make, tell) => {
      const source = await make(request);
      const { page, faults, leave } = await viewer(browser, baseURL);
      try {
        await tell(page, source);
        await everyDashboard(page, source.uid);
        expect(faults).toEqual([]);
      } finally {
        await leave();
        await source.takeAway();
      }
    });
  },
});

test.describe.configure({ timeout: 240_000 });

test('an open incident stands at the top, marks the charts, and tiles do not look calm', async ({ story }) => {
  await story(told, async (page, source) => {
    await source.deployed('1', ago(30 * DAY));
    await source.incident('INC-1', 'Letters were late', ago(30 * DAY - 60), ago(30 * DAY - 120));
    await source.deployed('2', ago(9 * DAY + 60));
    await source.incident('INC-2', 'Searches time out', ago(9 * DAY));
    await look(page, 'livedora-overview', source.uid);
    const failing = panel(page, 'Failing now');
    await expect(failing).toContainText(
      `${repository} has been failing for 9 days since deployment 0000000000 (incident #INC-2)`
    );
    await expect(failing.getByRole('link', { name: 'Searches time out' })).toHaveAttribute(
      'href',
      'https://incidents.example/INC-2'
    );
    for (const tile of ['Failure rate', 'Recovery time']) {
      await expect(panel(page, tile)).toContainText('1 is failing now');
    }
    await expect(panel(page, 'Lead time')).not.toContainText('failing');
    await expect(panel(page, 'Freshness')).toContainText(/up to date\s*ci/);
    await expect(page.getByTestId('data-testid annotation-marker').first()).toBeVisible();
    await failing.getByRole('link', { name: /has been failing/ }).click();
    await expect(page).toHaveURL(/\/d\/livedora-stability.*var-service=example-health%2Ftold-by-a-browser/);

    await source.incident('INC-2', 'Searches time out', ago(9 * DAY), ago(1));
    await expect(panel(page, 'Failing now')).toContainText('Nothing is failing now.');
  });
});

test('what nothing ended is told as that, however often was deployed since', async ({ story }) => {
  await story(told, async (page, source) => {
    await source.deployed('1', ago(40 * DAY));
    await source.deployed('2', ago(20 * DAY));
    await source.deployed('3', ago(10 * DAY));
    await source.failed('2', 'the letters were blank');
    await look(page, 'livedora-stability', source.uid);
    await expect(panel(page, 'Failing now')).toContainText(
      /has not recovered from deployment 0000000000 for (20|19) days: it failed, says admin: the letters were blank/
    );
    await expect(panel(page, 'Failed deployments')).toContainText('the letters were blank');
  });
});

test('a single deployment is one deployment', async ({ story }) => {
  await story(told, async (page, source) => {
    await source.deployed('1', ago(DAY));
    await look(page, 'livedora-overview', source.uid);
    await expect(panel(page, 'Deployments')).toContainText(/1\s*deployment ·/);
    await expect(panel(page, 'Failing now')).toContainText('Nothing is failing now.');
    await expect(panel(page, 'Lead time')).toContainText(/–\s*no changes/);
  });
});

test('a source that was never read looks like no idle team', async ({ story }) => {
  const server = createServer(() => {}); // takes requests, and never answers
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await story(
      (request) => github(request, url),
      async (page, source) => {
        await look(page, 'livedora-overview', source.uid);
        await expect(panel(page, 'Failing now')).toContainText('github is not read yet.');
        await expect(panel(page, 'Deployments')).toContainText('not read yet · github');
        await expect(panel(page, 'Freshness')).toContainText(/reading|not read yet/);
        await expect(panel(page, 'How fresh this is')).toContainText('github');
        await expect(page.getByText('Nothing is failing now.')).toHaveCount(0);
      }
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('a dead address is told on every panel that lacks what lies behind it', async ({ story }) => {
  await story(
    (request) => github(request, 'http://127.0.0.1:9'), // where nobody listens
    async (page, source) => {
      // Until it was tried for the first time it is not read yet.
      await expect(async () => {
        await look(page, 'livedora-overview', source.uid);
        await expect(panel(page, 'Deployments')).toContainText(/cannot be reached · github, since/, {
          timeout: 10_000,
        });
      }).toPass();
      await expect(panel(page, 'Failing now')).toContainText(/github cannot be reached since .*, and was never read\./);
      await expect(panel(page, 'Freshness')).toContainText(/failing\s*github cannot be reached, since/);
      await sourceAndStateInSight(panel(page, 'How fresh this is'));
      await look(page, 'livedora-collection', source.uid);
      await sourceAndStateInSight(panel(page, 'Freshness'));
    }
  );
});

/** However long the message is, a row's source and state are not pushed out of their panel. */
async function sourceAndStateInSight(table: Locator) {
  await expect(table).toContainText('Cannot be reached since');
  const around = (await table.boundingBox())!;
  for (const text of ['github', 'failing']) {
    const cell = (await table.getByText(text, { exact: true }).first().boundingBox())!;
    expect(cell.y + cell.height, text).toBeLessThan(around.y + around.height);
  }
}

/** A data source that reads from an address. */
async function github(request: APIRequestContext, url: string) {
  const source = await dataSource(
    request,
    { sources: [{ id: 'github', type: 'github', url, repositories: ['example-health/*'] }], store: { type: 'memory' } },
    { 'sources.github.token': 'a-token-of-nobody' }
  );
  await request.get(`/api/datasources/uid/${source.uid}/health`); // whose answer is not the matter: reading begins
  return source;
}
