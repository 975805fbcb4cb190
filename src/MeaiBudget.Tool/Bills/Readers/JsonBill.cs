using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>Finds out which provider's interface a JSON document of a bill came from, and reads it.</summary>
internal static class JsonBill
{
    /// <exception cref="InvalidDataException">The document is no bill that this tool knows.</exception>
    public static void Read(JsonElement document, BillSums sums, BillItems items, in BillPlace place)
    {
        if (document.MemberOf("data") is not { } data)
        {
            ReadRow(document, sums, items, place);
            return;
        }

        if (document.Time("data_refreshed_at", place) is { } refreshed)
        {
            sums.Complete(refreshed);
        }

        if (data.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement row in data.EnumerateArray())
            {
                ReadRow(row, sums, items, place);
            }
        }
        else
        {
            ReadRow(data, sums, items, place);
        }
    }

    private static void ReadRow(JsonElement row, BillSums sums, BillItems items, in BillPlace place)
    {
        if (row.MemberOf("start_time") is not null && row.MemberOf("results") is not null)
        {
            OpenAIBill.ReadBucket(row, sums, items, place);
        }
        else if (row.MemberOf("starting_at") is not null && row.MemberOf("results") is not null)
        {
            AnthropicBill.ReadBucket(row, sums, place);
        }
        else if (row.MemberOf("starting_at") is not null && (row.MemberOf("usage") ?? row.MemberOf("cost")) is not null)
        {
            AnthropicBill.ReadAnalytics(row, sums, place);
        }
        else if (row.MemberOf("request_id") is not null && row.MemberOf("spend") is not null)
        {
            LiteLLMBill.Read(row, sums, place);
        }
        else if (row.MemberOf("native_tokens_prompt") is not null)
        {
            OpenRouterBill.ReadGeneration(row, sums, place);
        }
        else if (row.MemberOf("date") is not null && row.MemberOf("model") is not null && row.MemberOf("usage") is not null)
        {
            OpenRouterBill.ReadActivity(row, sums, place);
        }
        else
        {
            string names = row.ValueKind == JsonValueKind.Object ? string.Join(", ", row.EnumerateObject().Take(8).Select(member => member.Name)) : row.ValueKind.ToString();
            throw place.Fault($"the JSON ({names}) is of no known format. Known are {BillFile.Formats}.");
        }
    }
}
