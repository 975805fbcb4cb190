namespace MeaiBudget.Tests;

/// <summary>A fenced block of a page.</summary>
/// <param name="Page">The page.</param>
/// <param name="Line">The number of its first line of text, from 1.</param>
/// <param name="Language">What stands behind the opening fence.</param>
/// <param name="Text">What stands between the fences.</param>
/// <param name="Remarks">The HTML comments right above it, which say how it is tested.</param>
internal sealed record Fence(Page Page, int Line, string Language, string Text, IReadOnlyList<string> Remarks)
{
    /// <summary>Whether a remark such as <c>snippet: members</c> stands above it; a reason may follow.</summary>
    public bool Has(string remark) => Remarks.Any(stated => stated == remark || stated.StartsWith(remark + ",", StringComparison.Ordinal));

    public override string ToString() => $"{Page.Name}:{Line}";
}
