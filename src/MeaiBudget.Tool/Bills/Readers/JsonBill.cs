using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>Finds out which provider's interface a JSON document of a bill came from, and reads it.</summary>
internal static class JsonBill
{
    /// <exception cref="InvalidDataException">The document is no bill that this tool knows.</exception>
    public static void Read(JsonElement document, BillSums sums, BillItems items, in BillPlace place)
    {
        if ((document.MemberOf("data") ?? OnlyList(document)) is not { } data)
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
            int entry = 0;
            foreach (JsonElement row in data.EnumerateArray())
            {
                ReadRow(row, sums, items, place with { Entry = ++entry });
            }

            if (document.MemberOf("has_more") is { ValueKind: JsonValueKind.True or JsonValueKind.False } hasMore)
            {
                sums.Page(KindOf(data), place.File, hasMore.GetBoolean());
            }
        }
        else
        {
            ReadRow(data, sums, items, place);
        }
    }

    /// <summary>Returns the only list of objects of a document that is no row itself, because exports wrap rows under various names.</summary>
    private static JsonElement? OnlyList(JsonElement document)
    {
        if (document.ValueKind != JsonValueKind.Object || (document.MemberOf("start_time") ?? document.MemberOf("starting_at") ?? document.MemberOf("request_id") ?? document.MemberOf("date")) is not null)
        {
            return null;
        }

        JsonElement[] lists = [.. document.EnumerateObject().Select(member => member.Value).Where(value => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.Object))];
        return lists.Length == 1 ? lists[0] : null;
    }

    /// <summary>Returns a text that the pages of one list share; empty if the page has no line that tells.</summary>
    private static string KindOf(JsonElement data)
    {
        foreach (JsonElement row in data.EnumerateArray())
        {
            if (row.MemberOf("results") is { ValueKind: JsonValueKind.Array } results && results.GetArrayLength() > 0)
            {
                return results[0].TextOf("object") is { Length: > 0 } named ? named : results[0].MemberOf("amount") is null ? "usage" : "cost";
            }

            if ((row.MemberOf("usage") ?? row.MemberOf("cost")) is not null)
            {
                return row.MemberOf("usage") is null ? "analytics cost" : "analytics usage";
            }
        }

        return "";
    }

    private static void ReadRow(JsonElement row, BillSums sums, BillItems items, in BillPlace place)
    {
        try
        {
            ReadKnownRow(row, sums, items, place);
        }
        catch (Exception exception) when (exception is OverflowException or ArgumentOutOfRangeException)
        {
            throw place.TooLarge(exception);
        }
    }

    private static void ReadKnownRow(JsonElement row, BillSums sums, BillItems items, in BillPlace place)
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
        else if (row.MemberOf("request_id") is not null && (row.MemberOf("spend") ?? row.MemberOf("call_type") ?? row.MemberOf("startTime") ?? row.MemberOf("endTime")) is not null)
        {
            LiteLLMBill.Read(row, sums, place);
        }
        else if (row.MemberOf("date") is not null && (row.MemberOf("spend") ?? row.MemberOf("api_requests")) is not null)
        {
            LiteLLMBill.ReadDaily(row, sums, place);
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
