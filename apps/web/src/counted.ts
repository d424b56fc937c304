/** Things that are counted, in words. */
export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}

export function inPoints(points: number): string {
  return counted(points, 'point', 'points')
}

export function inDays(days: number): string {
  return counted(days, 'day', 'days')
}
