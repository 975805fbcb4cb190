using System.Runtime.CompilerServices;
using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

public sealed class ReportDocumentationTests
{
    [Fact]
    public async Task TheFileOfBudgetsInTheDocumentationIsOne()
    {
        string page = await File.ReadAllTextAsync(Path.Combine(Root(), "docs", "report.md"));
        string json = page.Split("```json")[1].Split("```")[0];
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, json);

            BudgetFile file = await BudgetFile.ReadAsync(path, CancellationToken.None);

            Assert.Equal(["all", "tenants", "hours"], file.ToBudgets().Select(budget => budget.Name));
            Assert.Single(file.Prices);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Root([CallerFilePath] string here = "")
    {
        DirectoryInfo? folder = new FileInfo(here).Directory;
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "MeaiBudget.sln")))
        {
            folder = folder.Parent;
        }

        return folder!.FullName;
    }
}
