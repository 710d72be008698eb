import { Box, Stack, Text } from '@grafana/ui';
import React, { ReactNode, useId } from 'react';
import { DoraOptions } from '../settings/settings';
import { Faults } from '../settings/validate';

/** What every part of the editor is given. */
export interface SectionProps {
  options: DoraOptions;
  faults: Faults;
  readOnly: boolean;
  onChange: (options: DoraOptions) => void;
}

interface Props {
  title: string;
  description: string;
  children: ReactNode;
}

/** A part of the settings, under a heading that a screen reader can jump to. */
export function Section({ title, description, children }: Props) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <Stack direction="column" gap={2}>
        <div>
          <Text element="h3" id={id}>
            {title}
          </Text>
          <Text element="p" color="secondary">
            {description}
          </Text>
        </div>
        {children}
      </Stack>
    </section>
  );
}

/** One entry of a list, apart from the others. */
export function Card({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div role="group" aria-label={name}>
      <Box padding={2} borderStyle="solid" borderColor="weak" borderRadius="default" backgroundColor="secondary">
        <Stack direction="column" gap={2}>
          {children}
        </Stack>
      </Box>
    </div>
  );
}

/** Fields side by side where there is room. */
export function Row({ children }: { children: ReactNode }) {
  return (
    <Stack direction="row" wrap="wrap" gap={2} alignItems="flex-start">
      {children}
    </Stack>
  );
}
