import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@grafana/plugin-e2e';
import type { Locator, Page } from '@playwright/test';

interface Panel {
  type: string;
  title: string;
  repeat?: string;
  gridPos: { w: number; h: number; y: number };
}

interface Board {
  uid: string;
  title: string;
  panels: Panel[];
}

const folder = join(__dirname, '..', '..', 'dashboards');
const boards: Board[] = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));

/**
 * What axe finds in Grafana's own parts, with or without us: the inputs of dashboards' controls have no label, its pages no
 * heading of the first level, its own name stands beside the landmarks, the mark that a panel streams is a button without
 * words, the refresh interval is called otherwise than it is written, the arrow of a choice has attributes of another role, and
 * the head of a row is a heading of no level.
 */
const GRAFANAS = [
  'label',
  'page-has-heading-one',
  'region',
  'button-name',
  'label-content-name-mismatch',
  'aria-allowed-attr',
  'aria-required-attr',
];

/** Explore has a main landmark within that of the page, and an outline that may not be there yet. */
const EXPLORES = [
  'aria-valid-attr-value',
  'landmark-main-is-top-level',
  'landmark-no-duplicate-main',
  'landmark-unique',
];

/** What hinders people on a page of ours. */
async function hindrances(page: Page, besides: string[] = []): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).disableRules([...GRAFANAS, ...besides]).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

/** Opens a dashboard whole, and waits until each of its panels has its answer. */
async function open(page: Page, { uid, panels }: Board, width: number, parameters: Record<string, string> = {}) {
  const rows = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  await page.setViewportSize({ width, height: rows * 38 + 300 }); // Grafana asks for what is in sight only
  await page.goto(`/d/${uid}?${new URLSearchParams(parameters)}`);
  await expect(page.getByTestId(/^data-testid Panel header /).first()).toBeVisible();
  await expect(page.getByLabel('Panel loading bar')).toHaveCount(0);
}

function panel(page: Page, title: string): Locator {
  return page.getByTestId(`data-testid Panel header ${title}`).first();
}

/** The tables that have to be scrolled sideways to be read. */
async function sideways(page: Page): Promise<string[]> {
  return page
    .getByRole('grid')
    .evaluateAll((grids) =>
      grids
        .filter((grid) => grid.scrollWidth > grid.clientWidth + 1)
        .map((grid) => grid.closest('section')?.querySelector('h2')?.textContent ?? 'a table')
    );
}

test.describe('someone who may only look', () => {
  test.use({ storageState: { cookies: [], origins: [] } }); // the demo lets everyone look

  for (const board of boards) {
    test(`${board.title}: everyone can read it, on dark and on light`, async ({ page }) => {
      for (const theme of ['dark', 'light']) {
        await open(page, board, 1280, { theme });
        // What is in a row that is closed is not there; what is repeated is there for each service.
        const once = board.panels.filter(({ type, repeat }) => type !== 'row' && repeat === undefined);
        const headers = page.getByTestId(/^data-testid Panel header /);
        if (once.length < board.panels.filter(({ type }) => type !== 'row').length) {
          await expect(headers.nth(once.length)).toBeVisible();
        } else {
          await expect(headers).toHaveCount(once.length);
        }
        expect(await hindrances(page), theme).toEqual([]);
      }
    });

    test(`${board.title}: tiles are of one size, and nothing is cut`, async ({ page }) => {
      const tiles = board.panels.filter(({ type, gridPos }) => type === 'stat' && gridPos.w === 8);
      expect(tiles).toHaveLength(6);
      for (const width of [800, 1280, 1440]) {
        await open(page, board, width);
        const sizes = new Set<string>();
        for (const { title } of tiles) {
          const tile = panel(page, title);
          const box = (await tile.boundingBox())!;
          sizes.add(`${Math.round(box.width)} × ${Math.round(box.height)}`);
          const cut = await tile
            .locator('h2, h2 ~ *, [data-testid="data-testid panel content"] span')
            .evaluateAll((texts) =>
              texts.filter((each) => each.clientWidth > 0 && each.scrollWidth > each.clientWidth + 1)
            );
          expect(cut, `${title} at ${width}`).toEqual([]);
        }
        expect([...sizes], `at ${width}`).toHaveLength(1);
        if (width >= 1280) {
          expect(await sideways(page), `tables at ${width}, beside the docked menu`).toEqual([]);
        }
      }
    });
  }

  test('controls fit one row, and the switches of marks are in their menu', async ({ page }) => {
    for (const board of boards.filter(({ uid }) => !/trust|organisation/.test(uid))) {
      await open(page, board, 1280);
      const controls = (await page.getByTestId('data-testid dashboard controls').boundingBox())!;
      expect(controls.height, board.title).toBeLessThan(70);
    }
    await open(
      page,
      boards.find(({ uid }) => uid === 'livedora-overview')!,
      1280,
      { 'var-service': 'consent' }
    );
    await expect(page.getByTestId('data-testid annotation-marker').first()).toBeVisible();
    await page.getByRole('button', { name: 'Dashboard controls menu' }).click();
    for (const marks of ['Incidents', 'Failed deployments']) {
      await page.getByLabel(marks, { exact: true }).click({ force: true }); // the switch is drawn over its input
    }
    await expect(page.getByTestId('data-testid annotation-marker')).toHaveCount(0);
  });
});

test('lengths of time are drawn in days or hours, and what is under way apart', async ({ page }) => {
  const overview = boards.find(({ uid }) => uid === 'livedora-overview')!;
  const units = new Set<string>();
  const apart = new Set<string>();
  page.on('response', async (response) => {
    if (!response.url().includes('/api/ds/query')) {
      return;
    }
    const { results } = await response.json();
    for (const { frames } of Object.values<{ frames: Array<{ schema: { fields: Field[] } }> }>(results)) {
      for (const { config, labels } of frames.flatMap(({ schema }) => schema.fields)) {
        if (config?.unit?.startsWith('suffix:') && !labels?.limit) {
          units.add(config.unit);
        }
        if (config?.displayNameFromDS?.endsWith(', in part')) {
          apart.add(config.displayNameFromDS);
        }
      }
    }
  });
  await open(page, overview, 1280, { 'var-service': 'consent' });
  const legend = panel(page, 'Change lead time');
  await expect(legend.getByText(/^median, (days|hours)$/)).toBeVisible();
  await expect(legend.getByText(/^90th percentile, (days|hours)$/)).toBeVisible();
  await expect(page.getByText('in part')).toHaveCount(0); // whoever points at it is told
  expect([...units].every((unit) => ['suffix:d', 'suffix:h', 'suffix:min'].includes(unit))).toBe(true);
  expect([...apart]).toContain('deployments, in part');
});

interface Field {
  config?: { unit?: string; displayNameFromDS?: string };
  labels?: Record<string, string>;
}

test('everyone can read the settings and the editor of queries', async ({ page }) => {
  await page.goto('/connections/datasources/edit/livedora');
  await expect(page.getByRole('heading', { name: 'Sources', exact: true })).toBeVisible();
  expect(await hindrances(page), 'settings').toEqual([]);
  const panes = {
    a: { datasource: 'livedora', queries: [{ refId: 'A', version: 1 }], range: { from: 'now-90d', to: 'now' } },
  };
  await page.goto(`/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify(panes))}`);
  await expect(page.getByRole('status').filter({ hasText: 'Number of deployments' })).toBeVisible();
  expect(await hindrances(page, EXPLORES), 'Explore').toEqual([]);
});
