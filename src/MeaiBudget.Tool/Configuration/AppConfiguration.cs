using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace MeaiBudget.Tool;

/// <summary>An application's settings file with a section MeaiBudget, read as AddMeaiBudget reads it. Environment variables override the file.</summary>
internal sealed class AppConfiguration : IDisposable
{
    public const string Section = "MeaiBudget";

    /// <summary>The file that commands look for in the current folder.</summary>
    public const string UsualFile = "appsettings.json";

    private readonly ServiceProvider _services;

    private AppConfiguration(string file, IConfigurationRoot root)
    {
        File = file;
        Root = root;
        var services = new ServiceCollection();
        AddMeaiBudget(services, root);
        _services = services.BuildServiceProvider();
        Options = new MeaiBudgetOptions();
        Binding = new ConfigurationBinding(root.GetSection(Section));
        Binding.Configure(Options);
        if (Options.PriceFile is { } prices)
        {
            Options.PriceFile = PathOf(prices);
        }

        Facts = new ConfigurationFacts(Options, _services);
    }

    /// <summary>The file, as it was named.</summary>
    public string File { get; }

    public IConfigurationRoot Root { get; }

    /// <summary>The options. They can have mistakes, see <see cref="BudgetProblems"/> and <see cref="Problems"/>.</summary>
    public MeaiBudgetOptions Options { get; }

    public ConfigurationFacts Facts { get; }

    private ConfigurationBinding Binding { get; }

    /// <summary>Reads a file. Mistakes in values are kept, to be listed.</summary>
    /// <exception cref="InvalidDataException">The file is not JSON, or has no section MeaiBudget.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static AppConfiguration Read(string file, IReadOnlyDictionary<string, string>? environment = null)
    {
        IConfigurationRoot root = ReadRoot(file, environment ?? ToolEnvironment.Variables());
        return new AppConfiguration(file, root);
    }

    /// <summary>True if a file is JSON with a section MeaiBudget.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is not JSON.</exception>
    public static bool IsIn(string file)
    {
        try
        {
            InputFile.Check(file);
            using FileStream stream = System.IO.File.OpenRead(file);
            using var document = JsonDocument.Parse(stream, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.EnumerateObject().Any(
                property => property.Name.Equals(Section, StringComparison.OrdinalIgnoreCase) || property.Name.StartsWith(Section + ":", StringComparison.OrdinalIgnoreCase));
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{file}: {JsonFault.Describe(exception)}", exception);
        }
    }

    /// <summary>Returns the usual file if it is in the current folder and has the section; null if not.</summary>
    /// <exception cref="InvalidDataException">The file is not JSON.</exception>
    public static string? FindInCurrentFolder() => System.IO.File.Exists(UsualFile) && IsIn(UsualFile) ? Path.GetFullPath(UsualFile) : null;

    /// <summary>Returns the usual file if it is in the current folder and has the section; null if not, also if it is not JSON.</summary>
    public static string? InCurrentFolder()
    {
        try
        {
            return FindInCurrentFolder();
        }
        catch (InvalidDataException)
        {
            // An appsettings.json of another program may be invalid. A file given with --config is reported.
            return null;
        }
    }

    /// <summary>Reads a file, with environment variables over it.</summary>
    /// <exception cref="InvalidDataException">The file is not JSON, or has no section MeaiBudget.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IConfigurationRoot ReadRoot(string file, IReadOnlyDictionary<string, string> environment, bool reloads = false)
    {
        InputFile.Check(file);

        try
        {
            IConfigurationRoot configuration = new ConfigurationBuilder()
                .AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: reloads)
                .AddInMemoryCollection(environment.Select(variable => KeyValuePair.Create(variable.Key.Replace("__", ":", StringComparison.Ordinal), (string?)variable.Value)))
                .Build();
            if (!configuration.GetSection(Section).Exists())
            {
                throw new InvalidDataException($"the file has no section \"{Section}\". Name the settings file of an app that calls AddMeaiBudget.");
            }

            if (!configuration.GetSection($"{Section}:Ledger").Exists())
            {
                // All ledger packages are registered in the tool, so a file without a ledger would be ambiguous. It gets the in-memory ledger.
                configuration[$"{Section}:Ledger:Type"] = LedgerSettings.InMemory;
            }

            return configuration;
        }
        catch (InvalidDataException exception)
        {
            string reason = exception.GetBaseException() is JsonException fault ? JsonFault.Describe(fault) : exception.GetBaseException().Message;
            throw new InvalidDataException($"{file}: {reason}", exception);
        }
    }

    /// <summary>Registers all types of providers and ledgers that the packages have.</summary>
    public static MeaiBudgetBuilder AddMeaiBudget(IServiceCollection services, IConfigurationRoot root)
    {
        services.AddSingleton<IConfiguration>(root);
        return services.AddMeaiBudget(root.GetSection(Section))
            .AddOpenAI().AddAnthropic().AddLiteLLM().AddOllama()
            .AddSqliteLedger().AddRedisLedger().AddPostgreSqlLedger();
    }

    /// <summary>Returns a path of the configuration: as it is, or else relative to the folder of the file, where an app usually runs.</summary>
    public string PathOf(string path) =>
        !Path.IsPathRooted(path) && !System.IO.File.Exists(path) && Path.GetDirectoryName(Path.GetFullPath(File)) is { } folder && System.IO.File.Exists(Path.Combine(folder, path))
            ? Path.Combine(folder, path)
            : path;

    /// <summary>The mistakes that concern budgets and prices; keys and addresses are not checked.</summary>
    public IReadOnlyList<ConfigurationProblem> BudgetProblems()
    {
        var review = new ConfigurationReview(Section, Facts);
        BudgetReview.Check(review, isRunning: false);
        foreach ((string name, PriceSettings price) in Options.Prices)
        {
            PriceReview.CheckPrice(review, $"Prices:{name}", price);
        }

        if (Options.PriceFile is { } file)
        {
            try
            {
                _ = PriceCatalog.Load(file);
            }
            catch (PriceCatalogException exception)
            {
                review.Report("PriceFile", exception.Message);
            }
        }

        return review.Problems;
    }

    /// <summary>All mistakes that an application would report when it starts.</summary>
    public IReadOnlyList<ConfigurationProblem> Problems()
    {
        var review = new ConfigurationReview(Section, Facts);
        ProviderReview.Check(review);
        ModelReview.Check(review);
        BudgetReview.Check(review, isRunning: false);
        PriceReview.Check(review);
        LedgerReview.Check(review);
        OptionsReview.Check(review);
        return review.Problems;
    }

    /// <summary>Describes where a value comes from: an environment variable, by its name, or the file.</summary>
    public static string OriginOf(IConfigurationRoot root, string path, string file)
    {
        IConfigurationProvider? source = root.Providers.LastOrDefault(one => one.TryGet(path, out string? value) && value is not null);
        return source is null or Microsoft.Extensions.Configuration.Json.JsonConfigurationProvider
            ? file
            : $"environment variable {path.Replace(":", "__", StringComparison.Ordinal)}";
    }

    /// <summary>Writes a line for each mistake, with the file or the environment variable that has it.</summary>
    /// <param name="root">The configuration.</param>
    /// <param name="file">The file.</param>
    /// <param name="problems">The mistakes: a path, a colon, a space and a message.</param>
    public static string Describe(IConfigurationRoot root, string file, IEnumerable<string> problems) =>
        string.Join(Environment.NewLine, problems.Select(problem => $"{OriginOf(root, problem.Split(": ", 2)[0], file)}: {problem}"));

    public void Dispose() => _services.Dispose();
}
