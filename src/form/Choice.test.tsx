import { render } from '@testing-library/react';
import React, { useEffect } from 'react';
import { Choice } from './Choice';

interface Box {
  value: string;
  onChange: (option: { value: string }) => void;
}

/** Grafana's box in which someone chose "week": it says so after every drawing, until it is given that value. */
function MockBox({ value, onChange }: Box) {
  useEffect(() => {
    if (value === 'day') {
      onChange({ value: 'week' });
    }
  });
  return <input readOnly value={value} />;
}

jest.mock('@grafana/ui', () => ({
  ...jest.requireActual('@grafana/ui'),
  Combobox: (props: Box) => <MockBox {...props} />,
}));

const options = ['day', 'week'].map((value) => ({ value, label: value }));

test('a choice is told once, however often it is drawn until it is made', () => {
  const told: string[] = [];
  const draw = (value: string) => (
    <Choice label="Per" value={value} options={options} onChange={(next) => told.push(next)} />
  );
  const { rerender } = render(draw('day'));
  rerender(draw('day')); // Explore draws its editors before it has made the change
  rerender(draw('day'));
  expect(told).toEqual(['week']);
  rerender(draw('week'));
  rerender(draw('day')); // it was taken back elsewhere, and is chosen again
  expect(told).toEqual(['week', 'week']);
});
