namespace MeaiBudget.Tool;

/// <summary>Finds out by its columns which provider's export a table is, and reads its rows.</summary>
internal static class TableBill
{
    /// <exception cref="InvalidDataException">The table is no bill that this tool knows, or a row is damaged.</exception>
    public static void Read(BillTable table, BillSums sums, BillItems items)
    {
        Action<BillTable, BillSums, BillItems> readRow =
            table.Has("line_item", "amount_value") || table.Has("line_item", "amount", "start_time") || table.Has("line_item", "amount", "start_time_iso") ? OpenAIBill.ReadRow
            : table.Has("line_item_usage_type", "line_item_unblended_cost") || table.Has("lineItem/UsageType", "lineItem/UnblendedCost") ? AwsBill.ReadRow
            : table.Has("ChargePeriodStart", "BilledCost") ? FocusBill.ReadRow
            : table.Has("MeterName", "Quantity") || table.Has("MeterName", "UsageQuantity") || table.Has("MeterName", "ConsumedQuantity") ? AzureBill.ReadRow
            : table.Has("request_id", "spend", "model") || table.Has("date", "model", "spend") || table.Has("date", "model", "usage") || table.Has("native_tokens_prompt", "created_at")
                ? static (table, sums, items) => JsonBill.Read(table.Json(), sums, items, table.Place)
            : throw table.Place.Fault($"the columns ({table.Columns}) are of no known format. Known are {BillFile.Formats}.");
        while (table.Read())
        {
            try
            {
                readRow(table, sums, items);
            }
            catch (Exception exception) when (exception is OverflowException or ArgumentOutOfRangeException)
            {
                throw table.Place.TooLarge(exception);
            }
        }
    }
}
