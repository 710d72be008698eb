import { ComboboxOption, MultiCombobox } from '@grafana/ui';
import React from 'react';
import { Choice } from '../form/Choice';
import { Labelled } from '../form/Labelled';
import { Lines } from '../form/Lines';
import { Text } from '../form/Text';
import { merge } from '../settings/change';
import { fieldsOf } from '../settings/fields';
import { evidenceKinds, meanings } from '../settings/meanings';
import { Row, Section, SectionProps } from './Section';
import { byDefault, defaults, Definition } from '../settings/settings';

const allEvidence = evidenceKinds.map(({ value }) => value);

/** Grafana's control shows only the first of several kinds. */
function counted(evidence: string[]): string {
  const names = evidenceKinds.filter(({ value }) => evidence.includes(value)).map(({ label }) => label.toLowerCase());
  return `Counted: ${names.join(', ') || 'none'}. Each kind can be left out.`;
}

/** What the numbers mean to this organisation. Changing it computes them anew from what is stored. */
export function DefinitionOfMetrics({ options, faults, readOnly, onChange }: SectionProps) {
  const definition = options.definition ?? {};
  const put = (next: Definition) => onChange(merge(options, { definition: next }));
  const option = fieldsOf(options, { path: '', faults, readOnly }, onChange);
  const field = fieldsOf(definition, { path: 'definition', faults, readOnly }, put);
  const bots = fieldsOf(definition.bots ?? {}, { path: 'definition.bots', faults, readOnly }, field('bots').onChange);
  const hotfix = fieldsOf(
    definition.hotfix ?? {},
    { path: 'definition.hotfix', faults, readOnly },
    field('hotfix').onChange
  );
  const evidence = definition.evidence ?? allEvidence;
  return (
    <Section
      title="What the numbers mean"
      description="The definition behind every metric. A change of it needs no new collection: everything is computed anew from what is stored."
      explained="definition"
    >
      <Row>
        <Text
          label="Production"
          description="A regular expression on the environment's name."
          placeholder={byDefault(defaults.production)}
          {...option('production')}
        />
        <Meaning label="Lead time of each" options={meanings.unit} {...field('unit')} />
        <Meaning label="Lead time starts" options={meanings.leadTimeStart} {...field('leadTimeStart')} />
      </Row>
      <Row>
        <Labelled
          label="Evidence that a deployment failed"
          description={counted(evidence)}
          error={field('evidence').error}
        >
          {(named) => (
            <MultiCombobox
              {...named}
              value={evidence}
              options={evidenceKinds}
              disabled={readOnly}
              width={60}
              onChange={(kinds) => field('evidence').onChange(evidenceOrAbsent(kinds.map(({ value }) => value)))}
            />
          )}
        </Labelled>
        <Text
          label="Incident window"
          description="How long after a deployment an incident counts against it."
          placeholder={byDefault(defaults.incidentWindow)}
          {...field('incidentWindow')}
        />
      </Row>
      <Row>
        <Meaning label="Recovery time" options={meanings.recovery} {...field('recovery')} />
        <Meaning label="Rework is" options={meanings.rework} {...field('rework')} />
        <Meaning label="Redeploys in frequency" options={meanings.redeploys} {...field('redeploys')} />
      </Row>
      <Row>
        <Text
          label="Bots"
          description="A regular expression on the author's name."
          placeholder={byDefault(defaults.bots)}
          {...bots('pattern')}
        />
        <Meaning
          label="Bots in lead time"
          description="Changes that a bot wrote."
          options={meanings.botsLeadTime}
          {...bots('leadTime')}
        />
        <Meaning
          label="Bots in frequency"
          description="Deployments of nothing but their changes."
          options={meanings.botsFrequency}
          {...bots('frequency')}
        />
      </Row>
      <Row>
        <Lines
          label="Hotfix labels"
          description="One a line. A change with one of them repairs production."
          placeholder={byDefault(defaults.hotfixLabels.join('\n'))}
          {...hotfix('labels')}
        />
        <Text
          label="Hotfix branches"
          description="A regular expression on the branch of a change."
          placeholder={byDefault(defaults.hotfixBranches)}
          {...hotfix('branches')}
        />
      </Row>
    </Section>
  );
}

interface MeaningProps {
  label: string;
  /** Where it is not what the choice means. */
  description?: string;
  value: string | undefined;
  options: ComboboxOption[];
  error?: string;
  disabled: boolean;
  onChange: (value: string) => void;
}

/** One key of the definition, its choices told by what they mean, of which the first holds where none is made. */
function Meaning({ value, options, description, error, ...props }: MeaningProps) {
  const chosen = value ?? options[0].value;
  const meaning = options.find((option) => option.value === chosen)?.description;
  return (
    <Choice
      {...props}
      description={description ?? meaning}
      value={chosen}
      options={options}
      error={error ?? (meaning === undefined ? `"${chosen}" is unknown` : undefined)}
      width={32}
    />
  );
}

/** All kinds in their order is what the backend does anyway. */
function evidenceOrAbsent(kinds: string[]): string[] | undefined {
  const ordered = allEvidence.filter((kind) => kinds.includes(kind));
  return ordered.length === allEvidence.length ? undefined : ordered;
}
