/** Dollars for people: cents for large amounts, and more places where cents would say nothing. */
export function dollars(amount: number): string {
  const places = amount === 0 || amount >= 1 ? 2 : 4
  return new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: 2,
    maximumFractionDigits: places,
  }).format(amount)
}
