namespace MeaiBudget.Testing;

/// <summary>
/// Finds which requests of two runs correspond, so that an added request is not taken for one that grew. Concurrent requests may be sent in
/// another order in each run, so the order decides only between requests that are alike.
/// </summary>
internal static class RequestAlignment
{
    private const int Gap = 300;
    private const int OtherTools = 400;
    private const int OtherSystem = 100;
    private const int OtherModel = 20;

    // For exchanges: squares of tokens. Another model weighs as much as a thousand tokens, other tools more than any text.
    private const long LargestDifference = 30_000;
    private const long OtherModelSquared = 1_000_000;
    private const long OtherToolsSquared = 100_000_000_000;

    /// <summary>Returns the pairs, in the order of the later run. One side is null for a request that only the other run has.</summary>
    public static IReadOnlyList<(RequestSnapshot? Before, RequestSnapshot? After)> Of(IReadOnlyList<RequestSnapshot> before, IReadOnlyList<RequestSnapshot> after)
    {
        List<(RequestSnapshot? Before, RequestSnapshot? After)> pairs = Unchanged(before, after);
        var paired = pairs.SelectMany(pair => new[] { pair.Before, pair.After }).ToHashSet<RequestSnapshot?>(ReferenceEqualityComparer.Instance);
        List<(RequestSnapshot?, RequestSnapshot?)> changed = InOrder(
            [.. before.Where(request => !paired.Contains(request))], [.. after.Where(request => !paired.Contains(request))]);
        Exchange(changed);
        pairs.AddRange(changed);

        var places = new Dictionary<RequestSnapshot, int>(ReferenceEqualityComparer.Instance);
        foreach (RequestSnapshot request in after)
        {
            places[request] = places.Count;
        }

        return [.. pairs.OrderBy(pair => pair.After is null ? int.MaxValue : places[pair.After])];
    }

    /// <summary>Pairs the requests that are the same in both runs, wherever they stand.</summary>
    private static List<(RequestSnapshot? Before, RequestSnapshot? After)> Unchanged(IReadOnlyList<RequestSnapshot> before, IReadOnlyList<RequestSnapshot> after)
    {
        var known = before.GroupBy(SnapshotJson.ContentOf).ToDictionary(same => same.Key, same => new Queue<RequestSnapshot>(same), StringComparer.Ordinal);
        List<(RequestSnapshot?, RequestSnapshot?)> pairs = [];
        foreach (RequestSnapshot request in after)
        {
            if (known.GetValueOrDefault(SnapshotJson.ContentOf(request)) is { Count: > 0 } same)
            {
                pairs.Add((same.Dequeue(), request));
            }
        }

        return pairs;
    }

    /// <summary>Pairs requests in the order of both runs, with the least difference.</summary>
    private static List<(RequestSnapshot? Before, RequestSnapshot? After)> InOrder(RequestSnapshot[] before, RequestSnapshot[] after)
    {
        int[,] costs = new int[before.Length + 1, after.Length + 1];
        for (int i = before.Length; i >= 0; i--)
        {
            for (int j = after.Length; j >= 0; j--)
            {
                if (i == before.Length || j == after.Length)
                {
                    costs[i, j] = Gap * (before.Length - i + after.Length - j);
                    continue;
                }

                costs[i, j] = Math.Min(costs[i + 1, j + 1] + Difference(before[i], after[j]), Gap + Math.Min(costs[i + 1, j], costs[i, j + 1]));
            }
        }

        var pairs = new List<(RequestSnapshot?, RequestSnapshot?)>();
        int b = 0;
        int a = 0;
        while (b < before.Length || a < after.Length)
        {
            if (b < before.Length && a < after.Length && costs[b, a] == costs[b + 1, a + 1] + Difference(before[b], after[a]))
            {
                pairs.Add((before[b++], after[a++]));
            }
            else if (a < after.Length && costs[b, a] == Gap + costs[b, a + 1])
            {
                pairs.Add((null, after[a++]));
            }
            else
            {
                pairs.Add((before[b++], null));
            }
        }

        return pairs;
    }

    /// <summary>Exchanges partners while two pairs become more alike by it: concurrent requests that were sent in another order.</summary>
    private static void Exchange(List<(RequestSnapshot? Before, RequestSnapshot? After)> pairs)
    {
        bool isExchanged = true;
        for (int pass = 0; isExchanged && pass < pairs.Count; pass++)
        {
            isExchanged = false;
            for (int first = 0; first < pairs.Count; first++)
            {
                for (int second = first + 1; second < pairs.Count; second++)
                {
                    (RequestSnapshot? before, RequestSnapshot? after) = pairs[first];
                    (RequestSnapshot? otherBefore, RequestSnapshot? otherAfter) = pairs[second];
                    bool leavesNothing = (before is null && otherAfter is null) || (after is null && otherBefore is null);
                    if (!leavesNothing && Distance(before, otherAfter) + Distance(otherBefore, after) < Distance(before, after) + Distance(otherBefore, otherAfter))
                    {
                        pairs[first] = (before, otherAfter);
                        pairs[second] = (otherBefore, after);
                        isExchanged = true;
                    }
                }
            }
        }
    }

    private static int Difference(RequestSnapshot before, RequestSnapshot after)
    {
        int difference = HasSameOutcome(before, after) ? 0 : OtherTools;
        long larger = Math.Max(before.Tokens.System, after.Tokens.System);
        difference += larger == 0 ? 0 : (int)(OtherSystem * Math.Abs(before.Tokens.System - after.Tokens.System) / larger);
        return difference + (before.Model == after.Model ? 0 : OtherModel);
    }

    /// <summary>
    /// The sum of squares, in which requests that all grew by the same amount keep their order: with plain differences, exchanging two of them
    /// would change nothing.
    /// </summary>
    private static long Distance(RequestSnapshot? before, RequestSnapshot? after)
    {
        if (before is null || after is null)
        {
            return 0;
        }

        return (HasSameOutcome(before, after) ? 0 : OtherToolsSquared)
            + (before.Model == after.Model ? 0 : OtherModelSquared)
            + Square(before.Tokens.System, after.Tokens.System)
            + Square(before.Tokens.History + before.Tokens.Results, after.Tokens.History + after.Tokens.Results)
            + Square(before.Tokens.Tools + before.Tokens.Schema, after.Tokens.Tools + after.Tokens.Schema)
            + Square(before.Tokens.Media, after.Tokens.Media)
            + Square(before.SharedTokens, after.SharedTokens)
            + Square(before.CountedOutput, after.CountedOutput);
    }

    private static bool HasSameOutcome(RequestSnapshot before, RequestSnapshot after) =>
        before.ToolCalls.SequenceEqual(after.ToolCalls) && before.Outcome == after.Outcome;

    private static long Square(long before, long after)
    {
        long difference = Math.Min(LargestDifference, Math.Abs(before - after));
        return difference * difference;
    }
}
