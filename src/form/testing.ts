import { screen, within } from '@testing-library/react';
import type { UserEvent } from '@testing-library/user-event';

/** The control below a label, perhaps within a group of that name. A menu has the name of its control: it is not meant. */
export function field(label: string, group?: string): HTMLElement {
  const scope = group === undefined ? screen : within(screen.getByRole('group', { name: group }));
  return scope.getByLabelText(label, { selector: 'input, textarea' });
}

/** Opens the menu of a control and takes the option of that name. */
export async function pick(user: UserEvent, label: string, option: string | RegExp) {
  await user.click(field(label));
  await user.click(await screen.findByRole('option', { name: option }));
}

/** Puts a text at the end of what a control holds. */
export async function enter(user: UserEvent, control: HTMLElement, text: string) {
  await user.click(control);
  await user.paste(text);
}
