import { Button } from '@grafana/ui';
import React from 'react';
import { merge, newService, orAbsent, removeAt, replaceAt } from '../settings/change';
import { Preview } from './live/preview';
import { Unmatched } from './live/Unmatched';
import { Section, SectionProps } from './Section';
import { ServiceCard } from './ServiceCard';
import { Service } from '../settings/settings';

interface Props extends SectionProps {
  /** What the services match in what has been collected. */
  preview: Preview | undefined;
}

/** What is measured: applications, where repositories alone do not tell them apart. */
export function Services({ options, faults, readOnly, onChange, preview }: Props) {
  const services = options.services ?? [];
  const sources = options.sources ?? [];
  const put = (next: Service[]) => onChange(merge(options, { services: orAbsent(next) }));
  return (
    <Section
      title="Services"
      description="Optional. Without any, every repository is a service named after it. A service can be part of a repository, or several together."
      explained="services"
    >
      {services.map((service, index) => (
        <ServiceCard
          key={index}
          service={service}
          sources={sources.map(({ id }) => id)}
          path={`services[${index}]`}
          position={index + 1}
          faults={faults}
          preview={services.length === preview?.services.length ? preview?.services[index] : undefined}
          readOnly={readOnly}
          onChange={(next) => put(replaceAt(services, index, next))}
          onRemove={() => put(removeAt(services, index))}
        />
      ))}
      <Unmatched preview={preview} mapped={services.length > 0} />
      {!readOnly && (
        <div>
          <Button variant="secondary" icon="plus" onClick={() => put([...services, newService(sources)])}>
            Add service
          </Button>
        </div>
      )}
    </Section>
  );
}
