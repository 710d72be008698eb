import { expect, test } from '@grafana/plugin-e2e';

const corrections = '/api/datasources/uid/livedora/resources/v1/corrections';

test('a deployment is corrected from a table, and the word is taken back', async ({ gotoDashboardPage, page }) => {
  const reason = `a drill of ${Date.now()}`;
  await page.setViewportSize({ width: 1280, height: 2000 });
  await gotoDashboardPage({ uid: 'livedora-trust', queryParams: new URLSearchParams({ 'var-service': 'booking' }) });
  const table = page.getByTestId('data-testid Panel header Every deployment counted');
  await table.getByRole('row').nth(1).getByRole('gridcell').nth(1).click();
  await page.getByRole('button', { name: 'It failed', exact: true }).click();
  const dialog = page.getByRole('dialog').last();
  await dialog.getByRole('textbox').fill(reason);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  const posted = page.waitForResponse((response) => response.url().includes('/v1/corrections'));
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  const response = await posted;
  expect(response.status(), await response.text()).toBe(200);
  await expect(table.getByText(`it failed, says admin: ${reason}`)).toBeVisible();

  const { items } = await (await page.request.get(corrections)).json();
  const made = items.find((each: { reason: string }) => each.reason === reason);
  const undone = await page.request.delete(`${corrections}?id=${encodeURIComponent(made.id)}`);
  expect(undone.status()).toBe(200);
  await expect(table.getByText(reason)).toHaveCount(0);
});
