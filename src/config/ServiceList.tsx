import { css } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import { Checkbox, Input, Pagination, Stack, Text, useStyles2 } from '@grafana/ui';
import React, { Fragment, KeyboardEvent, useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { merge, removeAt, replaceAt } from '../settings/change';
import { DoraOptions, Service } from '../settings/settings';
import { Faults } from '../settings/validate';
import { grouped, Line, listed, Order, PAGE, Sorting, Taken } from '../services/listing';
import { Preview } from './live/preview';
import { ServiceBulk } from './ServiceBulk';
import { ServiceDetail } from './ServiceDetail';
import { ServiceRow } from './ServiceRow';
import { TeamRow } from './TeamRow';

interface Props {
  options: DoraOptions;
  services: Service[];
  faults: Faults;
  readOnly: boolean;
  preview: Preview | undefined;
  taken: Array<Taken | undefined>;
  /** The service that was added last. */
  fresh: Added | undefined;
  onPut: (services: Service[], what: string) => void;
  onRemoved: () => void;
}

/** A service that was added, each time anew. */
export interface Added {
  index: number;
}

/** The service that is open, and how it was when it was opened: the list keeps still while one types in it. */
interface Opened {
  index: number;
  as: Service;
  /** Whether it was just added: nothing of it is wrong before a person was there. */
  fresh: boolean;
}

/** The services in a table that is as quick with hundreds of them: a page at a time, one of them open. */
export function ServiceList(props: Props) {
  const { options, services, faults, readOnly, preview, taken, fresh, onPut, onRemoved } = props;
  const styles = useStyles2(getStyles);
  const [search, setSearch] = useState('');
  const [sorting, setSorting] = useState<Sorting>({ by: 'settings', descending: false });
  const [byTeam, setByTeam] = useState(false);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [page, setPage] = useState(0);
  const [opened, setOpened] = useState<Opened>();
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [seen, setSeen] = useState({ fresh, length: services.length });

  if (seen.fresh !== fresh || seen.length !== services.length) {
    // What is counted by places is of other services now.
    const added = fresh !== undefined && fresh !== seen.fresh && fresh.index === services.length - 1;
    setSeen({ fresh, length: services.length });
    setChosen(new Set());
    setOpened(added ? { index: fresh.index, as: services[fresh.index], fresh: true } : undefined);
    if (added) {
      setSearch('');
      setPage(Infinity);
      setSorting({ by: 'settings', descending: false });
      setByTeam(false);
    }
  }

  const still = useMemo(
    () => (opened && opened.index < services.length ? replaceAt(services, opened.index, opened.as) : services),
    [services, opened]
  );
  const found = useMemo(() => listed(still, search, sorting, taken), [still, search, sorting, taken]);
  const lines = useMemo(
    (): Line[] => (byTeam ? grouped(found, still, closed) : found.map((index) => ({ index }))),
    [byTeam, found, still, closed]
  );
  const faulty = useMemo(() => firstFaults(faults), [faults]);
  const pages = Math.max(1, Math.ceil(lines.length / PAGE));
  const current = Math.min(page, pages - 1);
  const shown = lines.slice(current * PAGE, (current + 1) * PAGE);
  const columns = readOnly ? 5 : 6;

  const handle = {
    open: (index: number) =>
      setOpened(opened?.index === index ? undefined : { index, as: services[index], fresh: false }),
    choose: (index: number) => setChosen(toggled(chosen, index)),
    close: (team: string) => setClosed(toggled(closed, team)),
  };
  const latest = useRef(handle);
  useLayoutEffect(() => {
    latest.current = handle;
  });
  const open = useCallback((index: number) => latest.current.open(index), []);
  const choose = useCallback((index: number) => latest.current.choose(index), []);
  const close = useCallback((team: string) => latest.current.close(team), []);

  const remove = (gone: ReadonlySet<number>, what: string) => {
    onPut(
      services.filter((_, index) => !gone.has(index)),
      what
    );
    onRemoved();
  };
  /** A rule goes beyond the next one in that direction; where services stand among them means nothing. */
  const move = (index: number, step: 1 | -1) => {
    let to = index + step;
    while (services[to] && !services[to].match) {
      to += step;
    }
    if (services[to]) {
      onPut(replaceAt(replaceAt(services, index, services[to]), to, services[index]), `moved rule ${index + 1}`);
      setOpened({ index: to, as: services[index], fresh: false });
    }
  };
  const sortBy = (by: Order) => {
    const again = sorting.by === by;
    setSorting(again && sorting.descending ? { by: 'settings', descending: false } : { by, descending: again });
    setPage(0);
  };
  const heading = (by: Order, label: string, number = false) => (
    <th
      scope="col"
      className={number ? styles.number : undefined}
      aria-sort={sorting.by !== by ? undefined : sorting.descending ? 'descending' : 'ascending'}
    >
      <button type="button" className={styles.sort} onClick={() => sortBy(by)}>
        {label}
        <span aria-hidden>{sorting.by !== by ? '' : sorting.descending ? ' ↓' : ' ↑'}</span>
      </button>
    </th>
  );

  return services.length === 0 ? null : (
    <Stack direction="column" gap={1}>
      <Stack direction="row" wrap="wrap" gap={2} alignItems="center">
        <Input
          aria-label="Search services"
          placeholder="Name, team or repository"
          width={36}
          value={search}
          onKeyDown={keepForm}
          onChange={({ currentTarget }) => {
            setSearch(currentTarget.value);
            setPage(0);
            setOpened(undefined);
          }}
        />
        <Checkbox label="By team" value={byTeam} onChange={() => setByTeam(!byTeam)} />
        <div role="status" aria-label="Services found">
          <Text color="secondary">{counted(found.length, services.length, services)}</Text>
        </div>
      </Stack>
      {chosen.size > 0 && (
        <ServiceBulk
          count={chosen.size}
          onTeam={(team) =>
            onPut(
              services.map((service, index) => (chosen.has(index) ? withTeam(service, team) : service)),
              `team of ${counted(chosen.size)}`
            )
          }
          onRemove={() => remove(chosen, `removed ${counted(chosen.size)}`)}
          onNone={() => setChosen(new Set())}
        />
      )}
      <div className={styles.around} onKeyDown={goBetweenRows}>
        <table className={styles.table} aria-label="Services">
          <thead>
            <tr>
              {!readOnly && (
                <th scope="col" className={styles.box}>
                  <Checkbox
                    aria-label={`Select all ${found.length}`}
                    value={found.length > 0 && found.every((index) => chosen.has(index))}
                    onChange={({ currentTarget }) => setChosen(new Set(currentTarget.checked ? found : []))}
                  />
                </th>
              )}
              {heading('name', 'Service')}
              {heading('team', 'Team')}
              <th scope="col" className={styles.places}>
                Deployments of
              </th>
              {heading('deployments', 'Deployments', true)}
              {heading('incidents', 'Incidents', true)}
            </tr>
          </thead>
          <tbody>
            {shown.map((line) =>
              'team' in line ? (
                <TeamRow
                  key={`team ${line.team}`}
                  team={line.team}
                  count={line.services.length}
                  columns={columns}
                  closed={closed.has(line.team)}
                  onClose={close}
                />
              ) : (
                <Fragment key={line.index}>
                  <ServiceRow
                    index={line.index}
                    service={services[line.index]}
                    taken={taken[line.index]}
                    fault={line.index === opened?.index && opened.fresh ? undefined : faulty.get(line.index)}
                    open={line.index === opened?.index}
                    chosen={chosen.has(line.index)}
                    readOnly={readOnly}
                    onOpen={open}
                    onChoose={choose}
                  />
                  {line.index === opened?.index && (
                    <tr>
                      <td colSpan={columns} className={styles.detail}>
                        <ServiceDetail
                          options={options}
                          index={line.index}
                          readOnly={readOnly}
                          fresh={opened.fresh}
                          preview={preview}
                          onCommit={(next) =>
                            onPut(
                              replaceAt(services, line.index, next),
                              `changed ${opened.as.match ? `rule ${line.index + 1}` : opened.as.name || next.name}`
                            )
                          }
                          onMove={(step) => move(line.index, step)}
                          onRemove={() => {
                            onPut(
                              removeAt(services, line.index),
                              `removed ${services[line.index].name || 'a service'}`
                            );
                            onRemoved();
                          }}
                        />
                      </td>
                    </tr>
                  )}
                </Fragment>
              )
            )}
          </tbody>
        </table>
      </div>
      <Pagination
        currentPage={current + 1}
        numberOfPages={pages}
        hideWhenSinglePage
        onNavigate={(to) => {
          setPage(to - 1);
          setOpened(undefined);
        }}
      />
    </Stack>
  );
}

function counted(count: number, of = count, services: Service[] = []): string {
  const rules = services.filter(({ match }) => match).length;
  const all = `${many(of - rules, 'service')}${rules > 0 ? ` and ${many(rules, 'rule')}` : ''}`;
  return count === of ? all : `${count.toLocaleString()} of ${all}`;
}

function many(count: number, what: string): string {
  return `${count.toLocaleString()} ${what}${count === 1 ? '' : 's'}`;
}

function withTeam(service: Service, team: string): Service {
  return merge(service, { team: team || undefined });
}

function toggled<T>(set: ReadonlySet<T>, item: T): ReadonlySet<T> {
  return new Set(set.has(item) ? [...set].filter((each) => each !== item) : [...set, item]);
}

/** The first fault of each service, by its place. */
function firstFaults(faults: Faults): Map<number, string> {
  const found = new Map<number, string>();
  for (const [path, says] of Object.entries(faults)) {
    const [, index] = /^services\[(\d+)\]/.exec(path) ?? [];
    if (index !== undefined && !found.has(Number(index))) {
      found.set(Number(index), says);
    }
  }
  return found;
}

/** Enter in a search saves nothing: the page is a form to Grafana. */
function keepForm(event: KeyboardEvent) {
  if (event.key === 'Enter') {
    event.preventDefault();
  }
}

/** Arrows lead from one service's name to the next. */
function goBetweenRows(event: KeyboardEvent<HTMLElement>) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const names = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-line]')];
  const at = names.indexOf(event.target as HTMLElement);
  if (step !== undefined && !event.altKey && at >= 0) {
    event.preventDefault();
    names[at + step]?.focus();
  }
}

const getStyles = (theme: GrafanaTheme2) => ({
  around: css({
    overflowX: 'auto',
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
  }),
  table: css({
    width: '100%',
    borderCollapse: 'collapse',
    'th, td': { padding: theme.spacing(0.5, 1), textAlign: 'left', fontWeight: 'normal' },
    'tbody tr': { borderTop: `1px solid ${theme.colors.border.weak}` },
    thead: { background: theme.colors.background.secondary, color: theme.colors.text.secondary },
  }),
  box: css({ width: theme.spacing(4) }),
  sort: css({ background: 'none', border: 0, padding: 0, color: 'inherit', font: 'inherit', cursor: 'pointer' }),
  number: css({ '&&': { textAlign: 'right' }, whiteSpace: 'nowrap' }),
  places: css({ [theme.breakpoints.down('md')]: { display: 'none' } }),
  detail: css({ '&&': { padding: theme.spacing(2), background: theme.colors.background.secondary } }),
});
