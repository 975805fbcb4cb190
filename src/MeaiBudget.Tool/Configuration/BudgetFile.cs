using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeaiBudget.Tool;

/// <summary>A JSON file of budgets and prices, for reports and simulations.</summary>
internal sealed record BudgetFile
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        NumberHandling = JsonNumberHandling.Strict,
        Converters = { new JsonStringEnumConverter(allowIntegerValues: false) },
    };

    private static readonly HashSet<string> Members = new(StringComparer.OrdinalIgnoreCase) { nameof(Budgets), nameof(Prices), nameof(Alternates), nameof(OutputFloor) };

    /// <summary>The budgets.</summary>
    public IReadOnlyList<BudgetEntry> Budgets { get; init; } = [];

    /// <summary>Prices by model, in US dollars per million tokens. They take precedence over the catalog's.</summary>
    public IReadOnlyDictionary<string, PriceEntry> Prices { get; init; } = new Dictionary<string, PriceEntry>();

    /// <summary>The models to try, in order, if a budget refuses the requested one.</summary>
    public IReadOnlyList<AlternateEntry> Alternates { get; init; } = [];

    /// <summary>
    /// The smallest number of output tokens to which a reservation may be lowered, as a pipeline does if the caller sets no limit; null to
    /// keep the recorded reservations.
    /// </summary>
    public long? OutputFloor { get; init; }

    /// <exception cref="InvalidDataException">The file is invalid. The message says what and where.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<BudgetFile> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            InputFile.Check(path);
            string text = await File.ReadAllTextAsync(path, cancellationToken);
            CheckKind(text);
            BudgetFile file = JsonSerializer.Deserialize<BudgetFile>(text, Json)
                ?? throw new InvalidDataException($"{path}: the file contains only null. It must contain a JSON object with \"budgets\".");
            file.CheckWhole();
            _ = file.ToBudgets();
            _ = file.ToCatalog();
            return file.OutputFloor is < 1 ? throw new InvalidDataException($"{path}: \"outputFloor\" must be at least 1.") : file;
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path}: {JsonFault.Describe(exception)}", exception);
        }
        catch (ArgumentException exception)
        {
            throw new InvalidDataException($"{path}: {exception.Message}", exception);
        }
    }

    /// <summary>Checks that the file is of this kind at all, so that the message about another kind names no type of this program.</summary>
    /// <exception cref="ArgumentException">The file has none of the members.</exception>
    private static void CheckKind(string text)
    {
        using var document = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.EnumerateObject().Any()
            && !document.RootElement.EnumerateObject().Any(property => Members.Contains(property.Name)))
        {
            throw new ArgumentException("the file has neither a section \"MeaiBudget\", as the settings of an app have, nor \"budgets\".");
        }
    }

    /// <summary>Checks for null values, which the JSON reader accepts for every type.</summary>
    /// <exception cref="ArgumentException">A required value is null.</exception>
    private void CheckWhole()
    {
        Check(Budgets, "budgets");
        Check(Prices?.Values, "prices");
        Check(Alternates, "alternates");
        foreach (BudgetEntry budget in Budgets)
        {
            Check(budget.Partition, "budgets[].partition");
            if (string.IsNullOrWhiteSpace(budget.Name))
            {
                throw new ArgumentException("A budget has no \"name\".");
            }
        }

        static void Check(IEnumerable<object?>? entries, string name)
        {
            if (entries is null || entries.Contains(null))
            {
                throw new ArgumentException($"\"{name}\" is null or contains null. Remove the property, or replace null by a value.");
            }
        }
    }

    public Budget[] ToBudgets() => [.. Budgets.Select(entry => entry.ToBudget())];

    public PriceCatalog ToCatalog() => Prices.Aggregate(PriceCatalog.Default, (catalog, price) => catalog.With(price.Key, price.Value.ToPrice()));
}

/// <summary>One budget of a <see cref="BudgetFile"/>.</summary>
internal sealed record BudgetEntry
{
    public required string Name { get; init; }

    public required BudgetPeriodKind Period { get; init; }

    /// <summary>The length of a rolling period.</summary>
    public TimeSpan? Span { get; init; }

    public DayOfWeek WeekStart { get; init; } = DayOfWeek.Monday;

    /// <summary>The limit in US dollars; null for none.</summary>
    public decimal? Limit { get; init; }

    public long? TokenLimit { get; init; }

    public long? RequestLimit { get; init; }

    /// <summary>The partition: model, provider, route, class, or tag:NAME.</summary>
    public IReadOnlyList<string> Partition { get; init; } = [];

    public Enforcement Enforcement { get; init; } = Enforcement.Enforce;

    public string? TimeZone { get; init; }

    /// <exception cref="ArgumentException">A value is invalid.</exception>
    public Budget ToBudget()
    {
        if (Period == BudgetPeriodKind.Rolling != Span is not null)
        {
            throw new ArgumentException($"The budget '{Name}': a rolling budget needs a \"span\" such as \"24:00:00\" or \"30.00:00:00\", and budgets with another period must not have one.");
        }

        Budget budget = Period switch
        {
            BudgetPeriodKind.Hour => Budget.Hourly(Name, Limit),
            BudgetPeriodKind.Day => Budget.Daily(Name, Limit),
            BudgetPeriodKind.Week => Budget.Weekly(Name, Limit, WeekStart),
            BudgetPeriodKind.Month => Budget.Monthly(Name, Limit),
            BudgetPeriodKind.Rolling => Budget.Rolling(Name, Limit, Span!.Value),
            _ => Budget.PerRun(Limit, Name),
        };
        return budget with
        {
            TokenLimit = TokenLimit,
            RequestLimit = RequestLimit,
            Enforcement = Enforcement,
            PartitionBy = [.. Partition.Select(Dimension)],
            TimeZone = Zone(TimeZone),
        };
    }

    /// <exception cref="ArgumentException">The time zone does not exist.</exception>
    public static TimeZoneInfo Zone(string? id) => id is null
        ? TimeZoneInfo.Utc
        : TimeZoneInfo.TryFindSystemTimeZoneById(id, out TimeZoneInfo? zone)
            ? zone
            : throw new ArgumentException($"The time zone '{id}' does not exist. Use an IANA name such as Europe/Berlin.");

    private BudgetDimension Dimension(string text) => BudgetDimension.TryParse(text, out BudgetDimension dimension)
        ? dimension
        : throw new ArgumentException($"The budget '{Name}' has an unknown partition '{text}'. Use model, provider, route, class or tag:NAME.");
}

/// <summary>A price of a <see cref="BudgetFile"/>, in US dollars per million tokens.</summary>
internal sealed record PriceEntry
{
    public required decimal Input { get; init; }

    public required decimal Output { get; init; }

    public decimal? CachedInput { get; init; }

    public decimal? CacheWrite { get; init; }

    public decimal? Reasoning { get; init; }

    public ModelPrice ToPrice() => ModelPrice.PerMillionTokens(Input, Output, CachedInput, CacheWrite, reasoning: Reasoning);
}

/// <summary>An alternate model of a <see cref="BudgetFile"/>.</summary>
internal sealed record AlternateEntry
{
    public required string Model { get; init; }

    public string? Provider { get; init; }

    public string? Route { get; init; }

    /// <summary>The class of the route; only an application's configuration has one.</summary>
    [JsonIgnore]
    public string? Class { get; init; }

    /// <summary>True for a model on a machine of one's own; only an application's configuration has one.</summary>
    [JsonIgnore]
    public bool IsFree { get; init; }
}
