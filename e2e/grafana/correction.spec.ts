import { expect, test } from '@grafana/plugin-e2e';
import type { Locator, Page } from '@playwright/test';

const corrections = '/api/datasources/uid/livedora/resources/v1/corrections';
const open = { uid: 'livedora-trust', queryParams: new URLSearchParams({ 'var-service': 'booking' }) };

function deployments(page: Page): Locator {
  return page.getByTestId('data-testid Panel header Every deployment counted');
}

/** Confirms what the button that was pressed says, and gives the answer. */
async function confirmed(page: Page, dialog: Locator): Promise<{ id: string; reason: string }> {
  const posted = page.waitForResponse((response) => response.url().includes('/v1/corrections'));
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  const response = await posted;
  expect(response.status(), await response.text()).toBe(200);
  return response.json();
}

async function takeBack(page: Page, id: string) {
  const undone = await page.request.delete(`${corrections}?id=${encodeURIComponent(id)}`);
  expect(undone.status()).toBe(200);
}

test('a deployment is corrected in two clicks, and the word is taken back', async ({ gotoDashboardPage, page }) => {
  await page.setViewportSize({ width: 1280, height: 2600 });
  await gotoDashboardPage(open);
  const table = deployments(page);
  const says = table.getByText('it failed, says admin: no reason given, on the dashboard Trust the numbers');
  await table.getByRole('button', { name: 'It failed', exact: true }).first().click();
  await confirmed(page, page.getByRole('dialog').last());
  await expect(says).toBeVisible();

  const corrections = page.getByTestId('data-testid Panel header Corrections');
  await expect(corrections.getByText('in force').first()).toBeVisible();
  await corrections.getByRole('button', { name: 'Take back', exact: true }).first().click();
  await confirmed(page, page.getByRole('dialog').last());
  await expect(says).toHaveCount(0);
  await expect(corrections.getByText('taken back by admin').first()).toBeVisible();
});

test('a correction keeps its reason, whatever it says', async ({ gotoDashboardPage, page }) => {
  const reason = `the "smoke test" said C:\\new & 50 % of {${Date.now()}}`;
  await page.setViewportSize({ width: 1280, height: 2600 });
  await gotoDashboardPage(open);
  const table = deployments(page);
  await table.getByRole('row').nth(1).getByRole('gridcell').nth(1).click();
  await page.getByRole('button', { name: 'It failed, because …' }).click();
  const dialog = page.getByRole('dialog').last();
  await dialog.getByRole('textbox').fill(reason);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  const made = await confirmed(page, page.getByRole('dialog').last());
  expect(made.reason).toBe(reason);
  await expect(table.getByText(`it failed, says admin: ${reason}`)).toBeVisible();

  await takeBack(page, made.id);
  await expect(table.getByText(reason)).toHaveCount(0);
});

test('where Grafana lets no page send a correction, there is no button', async ({ gotoDashboardPage, page }) => {
  await page.route(/\/v1\/corrections\?try=true/, (route) => route.fulfill({ status: 405 })); // as a stock Grafana answers
  await page.setViewportSize({ width: 1280, height: 2600 });
  await gotoDashboardPage(open);
  const table = deployments(page);
  await expect(table.getByRole('row').nth(1)).toBeVisible();
  await expect(table.getByRole('columnheader', { name: 'Correct' })).toHaveCount(0);
  await expect(table.getByRole('button', { name: 'It failed', exact: true })).toHaveCount(0);
});
