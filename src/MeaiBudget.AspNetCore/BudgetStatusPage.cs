using System.Net;

namespace MeaiBudget;

/// <summary>The page: one document, no other asset. It gets its data by events and writes it as text only, never as markup.</summary>
internal static class BudgetStatusPage
{
    private static readonly string Template = Read();

    public static string Render(string title, string nonce) => Template
        .Replace("{{nonce}}", nonce, StringComparison.Ordinal)
        .Replace("{{title}}", WebUtility.HtmlEncode(title), StringComparison.Ordinal);

    private static string Read()
    {
        using Stream stream = typeof(BudgetStatusPage).Assembly.GetManifestResourceStream("BudgetStatusPage.html")
            ?? throw new InvalidOperationException("The page is missing from the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
