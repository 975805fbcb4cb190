using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>Reads the usage and costs of OpenAI's organization interface, and the file of its dashboard.</summary>
internal static class OpenAIBill
{
    private const string Provider = "openai";

    private static readonly (string Ending, BilledKind Kind)[] Kinds =
    [
        ("cached input", BilledKind.CachedInput), ("input cached", BilledKind.CachedInput), ("cache writes", BilledKind.CacheWrite), ("cache write", BilledKind.CacheWrite),
        ("cached", BilledKind.CachedInput), ("input", BilledKind.Input), ("output", BilledKind.Output),
    ];

    private static readonly HashSet<string> Tiers = [ServiceTiers.Batch, ServiceTiers.Flex, ServiceTiers.Priority];

    private static readonly (string Part, string Item)[] Tools =
    [
        ("web search", "web search"), ("file search", "file search"), ("code interpreter", "code execution"),
    ];

    /// <summary>Reads a bucket of a usage or costs page.</summary>
    public static void ReadBucket(JsonElement bucket, BillSums sums, BillItems items, in BillPlace bucketPlace)
    {
        DateTimeOffset from = bucket.Time("start_time", bucketPlace)!.Value;
        DateTimeOffset to = bucket.Time("end_time", bucketPlace) ?? BillTime.EndOfDay(from);
        sums.Cover(Provider, from, to);
        int result = 0;
        foreach (JsonElement row in bucket.List("results", bucketPlace))
        {
            BillPlace place = bucketPlace with { Result = ++result };
            string kind = row.TextOf("object");
            if (kind == "organization.costs.result")
            {
                sums.Add(OfCost(from, to, row, items, place), place);
            }
            else if (kind.StartsWith("organization.usage.", StringComparison.Ordinal))
            {
                sums.Add(OfUsage(from, to, kind, row, place), place);
            }
            else
            {
                throw place.Fault($"a row has the kind '{kind}'; organization.usage and organization.costs are known.");
            }
        }
    }

    /// <summary>Reads a row of the dashboard's export of costs.</summary>
    public static void ReadRow(BillTable table, BillSums sums, BillItems items)
    {
        DateTimeOffset from = table.Time("start_time", "start_time_iso");
        sums.Add(
            OfItem(table.Text("line_item"), table.Text("quantity_unit"), table.Number("quantity"), items) with
            {
                From = from,
                To = table.Has("end_time") ? table.Time("end_time") : BillTime.EndOfDay(from),
                Amount = table.Number("amount_value", "amount") ?? 0m,
                Currency = Currency(table.Text("amount_currency", "currency")),
                Project = table.Text("project_id"),
                Key = table.Text("api_key_id"),
            },
            table.Place);
    }

    private static BilledLine OfCost(DateTimeOffset from, DateTimeOffset to, JsonElement row, BillItems items, in BillPlace place)
    {
        JsonElement amount = row.MemberOf("amount") ?? throw place.Fault("a row of costs has no 'amount'.");
        return OfItem(row.TextOf("line_item"), row.TextOf("quantity_unit"), row.Number("quantity", place), items) with
        {
            From = from,
            To = to,
            Amount = amount.Number("value", place) ?? 0m,
            Currency = Currency(amount.TextOf("currency")),
            Project = row.TextOf("project_id"),
            Key = row.TextOf("api_key_id"),
        };
    }

    private static BilledLine OfUsage(DateTimeOffset from, DateTimeOffset to, string kind, JsonElement row, in BillPlace place)
    {
        long input = row.Count("input_tokens", place);
        long cached = row.Count("input_cached_tokens", place);
        long written = row.Count("input_cache_write_tokens", place);
        string what = kind.Split('.')[2];
        bool isBatch = row.TextOf("batch").Equals("true", StringComparison.OrdinalIgnoreCase);
        return new BilledLine
        {
            Provider = Provider,
            From = from,
            To = to,
            Model = row.TextOf("model"),
            Item = row.MemberOf("model") is null ? what.Replace('_', ' ') : "",
            Tier = isBatch ? ServiceTiers.Batch : row.MemberOf("service_tier") is null ? row.MemberOf("batch") is null ? null : "" : ServiceTiers.Canonical(row.TextOf("service_tier")) ?? "",
            Project = row.TextOf("project_id"),
            Key = row.TextOf("api_key_id"),
            Requests = row.CountOrNull("num_model_requests", place),
            Quantities =
            [
                new(BilledKind.Input, Math.Max(0, input - cached - written)), new(BilledKind.CachedInput, cached), new(BilledKind.CacheWrite, written),
                new(BilledKind.Output, row.Count("output_tokens", place)),
            ],
        };
    }

    /// <summary>Reads a line item such as <c>gpt-6-sol, cached input</c>. It has no grammar, so what is not recognized is kept as it is.</summary>
    private static BilledLine OfItem(string item, string unit, decimal? quantity, BillItems items)
    {
        var line = new BilledLine { Provider = Provider, From = default, To = default, Item = item };
        if (items.ModelOf(item) is { } mapped)
        {
            line = line with { Model = mapped, Item = "" };
        }

        foreach ((string part, string tool) in Tools)
        {
            if (item.Contains(part, StringComparison.OrdinalIgnoreCase))
            {
                return line with { Model = "", Item = tool, IsTool = true };
            }
        }

        // The parts stand in any order behind the model, and a tier is a part or a word of one.
        string[] parts = item.Split([',', '|'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string? tier = parts.SelectMany(part => part.ToLowerInvariant().Split(' ')).FirstOrDefault(Tiers.Contains);
        foreach (string part in parts.Skip(1).Reverse())
        {
            foreach ((string ending, BilledKind kind) in Kinds)
            {
                if (part.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
                {
                    decimal factor = unit switch { "tokens" or "" => 1m, "1000_tokens" => 1000m, _ => 0m };
                    return line with
                    {
                        Model = line.Model.Length > 0 ? line.Model : string.Join(' ', parts[0].Split(' ').Where(word => !Tiers.Contains(word.ToLowerInvariant()))),
                        Item = "",
                        Tier = tier,
                        Quantities = quantity is { } count && factor > 0m ? [new(kind, (long)(count * factor))] : [],
                    };
                }
            }
        }

        return item.Length == 0 ? line with { Item = "all" } : line;
    }

    private static string Currency(string text) => text.Length == 0 ? "USD" : text.ToUpperInvariant();
}
