import React, { createContext, ReactNode, useContext, useEffect, useReducer, useState } from 'react';

/** How often settings were loaded or saved while the page is open; undefined where every value is judged at once. */
const Loads = createContext<number | undefined>(undefined);

/** The page that explains the fields within. */
const Page = createContext<string | undefined>(undefined);

/** Fields that are there when their settings are loaded or saved are judged then; those added since, once they are left. */
export function JudgedOnceSaved({ version, children }: { version: number | undefined; children: ReactNode }) {
  const [loads, load] = useReducer((before: number) => before + 1, 0);
  useEffect(load, [load, version]);
  return <Loads.Provider value={loads}>{children}</Loads.Provider>;
}

/** Fields that show what was there before are judged as soon as they are drawn. */
export function JudgedAtOnce({ children }: { children: ReactNode }) {
  return <Loads.Provider value={undefined}>{children}</Loads.Provider>;
}

/** Whether a field is judged yet, and what takes note that a person left it. */
export function useJudged(): { judged: boolean; leave: () => void } {
  const loads = useContext(Loads);
  const [born] = useState(loads);
  const [left, setLeft] = useState(false);
  return { judged: loads === undefined || left || loads !== born, leave: () => setLeft(true) };
}

export const ExplainedOn = Page.Provider;

export function usePage(): string | undefined {
  return useContext(Page);
}
