export interface TestDB { [table: string]: never }
