"""The groups that filters know: customer segments, and products by what they cost.

The logs carry no product categories, and stock codes mean nothing: 22423 is a cake stand, 22424
an enamel bread bin. What every product has is a price, so products are grouped by that.
"""

from collections.abc import Mapping

# As marketing.dim_customer_segments writes them, from the best customers to the lost ones.
SEGMENTS: Mapping[str, str] = {
    "Champions": "champions",
    "Loyal": "loyal",
    "Promising": "promising",
    "New": "new",
    "At risk": "at_risk",
    "Lapsed": "lapsed",
    "No segment": "none",
}
SEGMENT_RULES = (
    "By the last order and how many there were: champions (within 30 days, 5 orders or more), "
    "loyal (90 days, 3), promising (90 days, 2), new (90 days, 1), at risk (longer ago, 3 or "
    "more), lapsed. Orders without a customer have no segment."
)
UNPRICED = "No list price"
PRICE_BANDS = ("Under £1", "£1 to £2", "£2 to £5", "£5 to £10", "£10 and more", UNPRICED)
BAND_RULES = (
    "The logs know no categories: products are grouped by list price, what most lines of the "
    "latest week with a known customer asked."
)
# Of a row of core.dim_products that is called `products`.
PRICE_BAND_SQL = """case
    when products.list_price < 1 then 'Under £1'
    when products.list_price < 2 then '£1 to £2'
    when products.list_price < 5 then '£2 to £5'
    when products.list_price < 10 then '£5 to £10'
    when products.list_price >= 10 then '£10 and more'
    else 'No list price'
end"""
