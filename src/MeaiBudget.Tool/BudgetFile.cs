using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeaiBudget.Tool;

/// <summary>Budgets and prices as a JSON file states them, for reports and simulations.</summary>
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

    /// <summary>Gets the budgets.</summary>
    public IReadOnlyList<BudgetEntry> Budgets { get; init; } = [];

    /// <summary>Gets prices by model, in US dollars a million tokens, over those of the catalog.</summary>
    public IReadOnlyDictionary<string, PriceEntry> Prices { get; init; } = new Dictionary<string, PriceEntry>();

    /// <summary>Gets the models that are asked, in order, where a budget refuses the one that was asked.</summary>
    public IReadOnlyList<AlternateEntry> Alternates { get; init; } = [];

    /// <summary>Gets the output tokens down to which a bound may be lowered, as a pipeline does where the caller gave none; null for bounds as they were reserved.</summary>
    public long? OutputFloor { get; init; }

    /// <exception cref="InvalidDataException">The file is not what it should be; the message says what and where.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<BudgetFile> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using FileStream stream = File.OpenRead(path);
            BudgetFile file = await JsonSerializer.DeserializeAsync<BudgetFile>(stream, Json, cancellationToken)
                ?? throw new InvalidDataException($"{path}: there is nothing in it. It must be an object with \"budgets\".");
            file.CheckWhole();
            _ = file.ToBudgets();
            _ = file.ToCatalog();
            return file.OutputFloor is < 1 ? throw new InvalidDataException($"{path}: \"outputFloor\" must be at least 1.") : file;
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path}: {exception.Message}", exception);
        }
        catch (ArgumentException exception)
        {
            throw new InvalidDataException($"{path}: {exception.Message}", exception);
        }
    }

    /// <summary>What JSON calls null is of no type that the reader would refuse.</summary>
    /// <exception cref="ArgumentException">Something is null that must not be.</exception>
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
                throw new ArgumentException($"\"{name}\" is null, or has an entry that is. Write it out, or leave it out.");
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

    /// <summary>Gets the length of a rolling period.</summary>
    public TimeSpan? Span { get; init; }

    public DayOfWeek WeekStart { get; init; } = DayOfWeek.Monday;

    /// <summary>Gets the limit in US dollars; null for none.</summary>
    public decimal? Limit { get; init; }

    public long? TokenLimit { get; init; }

    public long? RequestLimit { get; init; }

    /// <summary>Gets what it is divided by: model, provider, route, class, or tag:NAME.</summary>
    public IReadOnlyList<string> Partition { get; init; } = [];

    public Enforcement Enforcement { get; init; } = Enforcement.Enforce;

    public string? TimeZone { get; init; }

    /// <exception cref="ArgumentException">Something in it is not possible.</exception>
    public Budget ToBudget()
    {
        if (Period == BudgetPeriodKind.Rolling != Span is not null)
        {
            throw new ArgumentException($"The budget '{Name}': a rolling budget needs a \"span\" such as \"24:00:00\" or \"30.00:00:00\", and no other has one.");
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

    /// <exception cref="ArgumentException">There is no such time zone.</exception>
    public static TimeZoneInfo Zone(string? id) => id is null
        ? TimeZoneInfo.Utc
        : TimeZoneInfo.TryFindSystemTimeZoneById(id, out TimeZoneInfo? zone)
            ? zone
            : throw new ArgumentException($"There is no time zone '{id}'. Use an IANA name such as Europe/Berlin.");

    private BudgetDimension Dimension(string text) => BudgetDimension.TryParse(text, out BudgetDimension dimension)
        ? dimension
        : throw new ArgumentException($"The budget '{Name}' cannot be divided by '{text}': it is model, provider, route, class or tag:NAME.");
}

/// <summary>A price of a <see cref="BudgetFile"/>, in US dollars a million tokens.</summary>
internal sealed record PriceEntry
{
    public required decimal Input { get; init; }

    public required decimal Output { get; init; }

    public decimal? CachedInput { get; init; }

    public decimal? CacheWrite { get; init; }

    public decimal? Reasoning { get; init; }

    public ModelPrice ToPrice() => ModelPrice.PerMillionTokens(Input, Output, CachedInput, CacheWrite, reasoning: Reasoning);
}

/// <summary>A model to ask instead, of a <see cref="BudgetFile"/>.</summary>
internal sealed record AlternateEntry
{
    public required string Model { get; init; }

    public string? Provider { get; init; }

    public string? Route { get; init; }
}
