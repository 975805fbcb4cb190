namespace MeaiBudget.Testing;

/// <summary>Finds which requests of two runs correspond, so that an added request is not taken for one that grew.</summary>
internal static class RequestAlignment
{
    private const int Gap = 300;
    private const int OtherTools = 400;
    private const int OtherSystem = 100;
    private const int OtherModel = 20;

    /// <summary>Returns the pairs in the order of both runs. One side is null for a request that only the other run has.</summary>
    public static IReadOnlyList<(RequestSnapshot? Before, RequestSnapshot? After)> Of(IReadOnlyList<RequestSnapshot> before, IReadOnlyList<RequestSnapshot> after)
    {
        int[,] costs = new int[before.Count + 1, after.Count + 1];
        for (int i = before.Count; i >= 0; i--)
        {
            for (int j = after.Count; j >= 0; j--)
            {
                if (i == before.Count || j == after.Count)
                {
                    costs[i, j] = Gap * (before.Count - i + after.Count - j);
                    continue;
                }

                costs[i, j] = Math.Min(costs[i + 1, j + 1] + Difference(before[i], after[j]), Gap + Math.Min(costs[i + 1, j], costs[i, j + 1]));
            }
        }

        var pairs = new List<(RequestSnapshot?, RequestSnapshot?)>();
        int b = 0;
        int a = 0;
        while (b < before.Count || a < after.Count)
        {
            if (b < before.Count && a < after.Count && costs[b, a] == costs[b + 1, a + 1] + Difference(before[b], after[a]))
            {
                pairs.Add((before[b++], after[a++]));
            }
            else if (a < after.Count && costs[b, a] == Gap + costs[b, a + 1])
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

    private static int Difference(RequestSnapshot before, RequestSnapshot after)
    {
        int difference = before.ToolCalls.SequenceEqual(after.ToolCalls) && before.Outcome == after.Outcome ? 0 : OtherTools;
        long larger = Math.Max(before.Tokens.System, after.Tokens.System);
        difference += larger == 0 ? 0 : (int)(OtherSystem * Math.Abs(before.Tokens.System - after.Tokens.System) / larger);
        return difference + (before.Model == after.Model ? 0 : OtherModel);
    }
}
