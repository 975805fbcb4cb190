using System.CommandLine;

namespace MeaiBudget.Tool;

/// <summary><c>prices build</c>: makes a price file from the files of several sources and a list of decisions.</summary>
internal static class PriceBuildCommand
{
    internal static Command Create()
    {
        var sources = new Argument<FileInfo[]>("sources") { Description = "The sources' files, as the decision list names them; .gz is unpacked.", Arity = ArgumentArity.OneOrMore };
        var decisions = new Option<FileInfo>("--decisions") { Description = "The decision list: sources, rules, decisions with reasons, and entries written by hand.", Required = true };
        var output = new Option<FileInfo>("--output") { Description = "The price file to write.", Required = true };
        var disputes = new Option<FileInfo?>("--disputes") { Description = "A file for everything that sources disagree on; left out, the price file has the list." };
        var command = new Command("build", "Make a price file from several sources and a list of decisions.") { sources, decisions, output, disputes };
        command.SetAction(parsed => PricesOutput.Run(parsed, isJson: false, lines =>
        {
            var list = BuildDecisions.Load(parsed.GetRequiredValue(decisions).FullName);
            FileInfo[] files = parsed.GetRequiredValue(sources);
            PriceCatalog catalog = Build(list, files.Select(file => file.FullName));
            if (parsed.GetValue(disputes) is { } apart)
            {
                using FileStream all = apart.Create();
                PriceCatalog.Create([], catalog.Info).Save(all);
                catalog = PriceCatalog.Create(catalog.Models, catalog.Info with { Disagreements = [] });
            }

            using FileStream stream = parsed.GetRequiredValue(output).Create();
            catalog.Save(stream);
            lines.Line($"{catalog.Models.Count} models, {catalog.Info.Disagreements.Count} disagreements in the file.");
            return 0;
        }));
        return command;
    }

    /// <summary>Builds a catalog.</summary>
    /// <param name="decisions">The decision list.</param>
    /// <param name="files">The sources' files; each must be named by the list.</param>
    /// <returns>The catalog.</returns>
    /// <exception cref="PriceCatalogException">A file cannot be read, or the list does not name it, or names one that is not there.</exception>
    internal static PriceCatalog Build(BuildDecisions decisions, IEnumerable<string> files)
    {
        string[] paths = [.. files];
        var statements = new List<PriceStatement>();
        foreach (SourceDescription source in decisions.Sources)
        {
            string path = paths.FirstOrDefault(path => Path.GetFileName(path).StartsWith(source.File, StringComparison.OrdinalIgnoreCase))
                ?? throw new PriceCatalogException(source.File, null, $"The decision list names the source {source.Code}, but no file begins with this name. Add it to the command line.", null);
            statements.AddRange(StatementReader.Read(source, path));
        }

        return new PriceBuild(decisions, statements).Run();
    }
}
