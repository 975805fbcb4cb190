using System.Net;

namespace MeaiBudget;

/// <summary>The page, a single document without other assets. It receives its data by events and inserts it as text, never as markup.</summary>
internal static class BudgetStatusPage
{
    private static readonly string Template = Read();

    public static string Render(string title, string nonce) => Template
        .Replace("{{nonce}}", nonce, StringComparison.Ordinal)
        .Replace("{{title}}", WebUtility.HtmlEncode(title), StringComparison.Ordinal);

    private static string Read()
    {
        using Stream stream = typeof(BudgetStatusPage).Assembly.GetManifestResourceStream("BudgetStatusPage.html")
            ?? throw new InvalidOperationException("The status page is missing from the assembly MeaiBudget.AspNetCore. Reinstall the package.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
